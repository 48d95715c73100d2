/** What is wrong, above the form: how much, where, and a way to each. */
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../schema/check";
import type { JsonSchema } from "../service/types";
import { idOf } from "./ids";

interface Props {
  problems: Problem[];
  schema: JsonSchema;
  /** Counts the tries that failed: each leads here, and reading aloud begins here. */
  tries: number;
}

export function Problems({ problems, schema, tries }: Props) {
  const box = useRef<HTMLElement>(null);
  const count = problems.length;
  useEffect(() => {
    if (tries) box.current?.focus();
  }, [tries]);
  if (!count) return null;
  return (
    <section ref={box} class="problems" aria-label="What is not right yet" tabIndex={-1}>
      <p>{count === 1 ? "One value is not right yet:" : `${count} values are not right yet:`}</p>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.path.join("/")} ${problem.message}`}>
            {problem.path.length ? (
              <>
                <a
                  href={`#${idOf(problem.path)}`}
                  onClick={(event) => {
                    event.preventDefault(); // the # is the page's route
                    goTo(idOf(problem.path));
                  }}
                >
                  {nameOf(problem.path, schema)}
                </a>
                : {problem.message}
              </>
            ) : (
              problem.message
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The field itself, or the first input of a list or a group. */
function goTo(id: string): void {
  const field = document.getElementById(id);
  field?.closest("details")?.setAttribute("open", "");
  const input = field?.matches(INPUT) ? field : (field?.querySelector<HTMLElement>(INPUT) ?? field);
  input?.focus();
}

const INPUT = "input, select, textarea, button";

function nameOf(path: (string | number)[], schema: JsonSchema): string {
  const names: string[] = [];
  let part: JsonSchema | undefined = schema;
  for (const step of path) {
    part = part?.properties?.[step] ?? (Array.isArray(part?.items) ? part.items[Number(step)] : part?.items);
    names.push(typeof step === "number" || /^\d+$/.test(step) ? `${Number(step) + 1}` : (part?.title ?? step));
  }
  return names.join(" › ");
}
