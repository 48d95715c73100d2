/** A list of texts: type one, press Enter; paste many. */
import type { WidgetProps } from "@rjsf/utils";
import { useEffect, useRef, useState } from "preact/hooks";
import { described } from "./inputs";

export function WordsWidget(props: WidgetProps) {
  const { value, onChange, onBlur, disabled, placeholder, label } = props;
  const { words, typed, set } = useWords(Array.isArray(value) ? value : [], onChange);
  const [said, setSaid] = useState("");
  const input = useRef<HTMLInputElement>(null);

  const add = (text: string) => {
    const more = split(text);
    set([...words, ...more], "");
    if (more.length) setSaid(`${more.join(", ")} added.`);
  };
  const remove = (place: number) => {
    set(
      words.filter((_, other) => other !== place),
      typed,
    );
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
        onInput={(event) => set(words, event.currentTarget.value)}
        onKeyDown={(event) => {
          const last = words.length - 1;
          // whoever holds the key down empties the line, and no more
          if (event.key === "Backspace" && typed === "" && last >= 0 && !event.repeat) remove(last);
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
        onBlur={() => onBlur(props.id, value)}
      />
      <p class="help">
        Enter or a comma after each. A pasted list is divided by its lines; if it has but one, by commas.
      </p>
      <p class="unseen" role="status">
        {said}
      </p>
    </div>
  );
}

/**
 * The words, and the one that is being typed: it is part of the value from its first letter on, so that nothing moves
 * when the field is left, and nothing is forgotten.
 */
function useWords(value: string[], onChange: (value: string[]) => void) {
  const [own, setOwn] = useState({ words: value, typed: "" });
  const told = useRef<string[]>([]); // what the form has not handed back yet
  const seen = JSON.stringify(value);
  useEffect(() => {
    const place = told.current.indexOf(seen);
    if (place >= 0) told.current = told.current.slice(place + 1);
    else setOwn({ words: value, typed: "" }); // the example, say
  }, [seen]);
  const set = (words: string[], typed: string) => {
    const whole = [...words, ...split(typed)];
    setOwn({ words, typed });
    if (JSON.stringify(whole) === (told.current.at(-1) ?? seen)) return;
    told.current.push(JSON.stringify(whole));
    onChange(whole);
  };
  return { ...own, set };
}

/** By lines where there are any, else by commas. */
export function split(text: string): string[] {
  const parts = /\n/.test(text.trim()) ? text.split(/\r?\n/) : text.split(",");
  return parts.map((part) => part.trim()).filter(Boolean);
}
