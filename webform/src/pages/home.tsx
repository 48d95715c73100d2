/** The first page: what the model is about, the ways to ask it, and what was asked from this browser. */
import { useRef, useState } from "preact/hooks";
import { Prose } from "../page/markdown";
import { toResult } from "../page/route";
import { useSite } from "../page/site";
import type { Remembered } from "../service/kept";

export function Home() {
  const { service } = useSite();
  const [first, ...others] = service.form.home;
  return (
    <>
      <section class="hero">
        <h1>{first?.title ?? service.title}</h1>
        {first?.subtitle && <p class="subtitle">{first.subtitle}</p>}
        {first?.content && <Prose text={first.content} />}
        <p class="actions">
          <a class="button" href="#/predict">
            Ask the model
          </a>
          <a class="button quiet" href="#/batch">
            Ask with a file
          </a>
        </p>
      </section>
      {others.map((section) => (
        <section key={section.title ?? section.content}>
          {section.title && <h2>{section.title}</h2>}
          {section.subtitle && <p class="subtitle">{section.subtitle}</p>}
          {section.content && <Prose text={section.content} />}
        </section>
      ))}
      <Last />
      {service.snippets && (
        <section>
          <h2>From a program</h2>
          <pre tabIndex={0} role="region" aria-label="A command that asks the model">
            <code>{service.snippets.curl}</code>
          </pre>
        </section>
      )}
    </>
  );
}

function Last() {
  const { history } = useSite();
  const [entries, setEntries] = useState(() => history.all());
  const [forgot, setForgot] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  if (!entries.length && !forgot) return null;
  const forget = (ids?: string[]) => {
    history.forget(ids);
    setEntries(history.all());
    setForgot(true);
    heading.current?.focus(); // the button that had it is gone
  };
  return (
    <section>
      <h2 ref={heading} tabIndex={-1}>
        Asked from this browser
      </h2>
      <ul class="history">
        {entries.map((entry) => (
          <li key={entry.ids.join()}>
            <Entry entry={entry} />
            <button type="button" class="quiet" aria-label={`Forget ${entry.asked}`} onClick={() => forget(entry.ids)}>
              ×
            </button>
          </li>
        ))}
      </ul>
      <p>
        {entries.length > 0 ? (
          <button type="button" class="quiet" onClick={() => forget()}>
            Forget all
          </button>
        ) : (
          "All is forgotten here. The service keeps its answers until they expire."
        )}
      </p>
    </section>
  );
}

function Entry({ entry }: { entry: Remembered }) {
  return (
    <a href={toResult(entry.ids)}>
      <strong>{entry.answer ?? "not read yet"}</strong> <span>{entry.asked}</span>{" "}
      <time dateTime={entry.at}>
        {new Date(entry.at).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}
      </time>
    </a>
  );
}
