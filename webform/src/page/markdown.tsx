/** form.yml's texts: Markdown, read by a parser and drawn by us, so that nothing in it can be HTML. */
import { lexer, type Token } from "marked";
import type { ComponentChildren } from "preact";

export function Prose({ text }: { text: string }) {
  return <div class="prose">{drawn(lexer(text))}</div>;
}

function drawn(tokens: Token[] | undefined): ComponentChildren {
  return tokens?.map((token, place) => <Part key={place} token={token} />);
}

function Part({ token }: { token: any }): any {
  const inside = token.tokens ? drawn(token.tokens) : plain(token.text ?? "");
  switch (token.type) {
    case "paragraph":
      return <p>{inside}</p>;
    case "heading":
      return <h3>{inside}</h3>;
    case "strong":
      return <strong>{inside}</strong>;
    case "em":
      return <em>{inside}</em>;
    case "codespan":
      return <code>{plain(token.text)}</code>;
    case "code":
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case "blockquote":
      return <blockquote>{inside}</blockquote>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "space":
      return null;
    case "link":
      return /^(https?:|mailto:|#)/i.test(token.href) ? (
        <a href={token.href} rel="noreferrer">
          {inside}
        </a>
      ) : (
        inside
      );
    case "list": {
      const items = token.items.map((item: any, place: number) => <li key={place}>{drawn(item.tokens)}</li>);
      return token.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "html":
      return <>{token.raw}</>;
    default:
      return <>{token.tokens || token.text !== undefined ? inside : token.raw}</>;
  }
}

/** The parser writes `&` as `&amp;` for whoever makes HTML of it. */
function plain(text: string): string {
  const signs: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? "");
}
