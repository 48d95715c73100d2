/** A list of texts: type one, press Enter; paste many. */
import type { WidgetProps } from "@rjsf/utils";
import { useRef, useState } from "preact/hooks";
import { described } from "./inputs";

export function WordsWidget(props: WidgetProps) {
  const { value, onChange, onBlur, disabled, placeholder, label } = props;
  const words: string[] = Array.isArray(value) ? value : [];
  const [typed, setTyped] = useState("");
  const [said, setSaid] = useState("");
  const input = useRef<HTMLInputElement>(null);

  const add = (text: string) => {
    const more = split(text);
    setTyped("");
    if (!more.length) return;
    onChange([...words, ...more]);
    setSaid(`${more.join(", ")} added.`);
  };
  const remove = (place: number) => {
    onChange(words.filter((_, other) => other !== place));
    setSaid(`${words[place]} removed.`);
    input.current?.focus();
  };

  return (
    <div class="words">
      {words.length > 0 && (
        <ul aria-label={label}>
          {words.map((word, place) => (
            <li key={`${place} ${word}`}>
              <span>{word}</span>
              <button type="button" disabled={disabled} aria-label={`Remove ${word}`} onClick={() => remove(place)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        {...described(props)}
        ref={input}
        type="text"
        value={typed}
        disabled={disabled}
        placeholder={words.length ? "another" : placeholder}
        autocomplete="off"
        enterkeyhint="enter"
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          const last = words.length - 1;
          if (event.key === "Backspace" && typed === "" && last >= 0) remove(last);
          if ((event.key !== "Enter" && event.key !== ",") || event.isComposing) return;
          if (event.key === "Enter" && typed.trim() === "") return; // sends the form
          event.preventDefault();
          add(typed);
        }}
        onPaste={(event) => {
          const text = event.clipboardData?.getData("text") ?? "";
          if (split(text).length < 2) return;
          event.preventDefault();
          add(`${typed}${text}`);
        }}
        onBlur={() => {
          add(typed);
          onBlur(props.id, words);
        }}
      />
      <p class="help">Enter after each; several at once are divided by commas or lines.</p>
      <p class="unseen" role="status">
        {said}
      </p>
    </div>
  );
}

/** By lines where there are any, else by commas. */
export function split(text: string): string[] {
  const parts = /\n/.test(text.trim()) ? text.split(/\r?\n/) : text.split(",");
  return parts.map((part) => part.trim()).filter(Boolean);
}
