/** What is wrong, above the form: how much, where, and a way to each. */
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../schema/check";
import type { JsonSchema } from "../service/types";
import { idOf } from "./ids";

export function Problems({ problems, schema }: { problems: Problem[]; schema: JsonSchema }) {
  const box = useRef<HTMLDivElement>(null);
  const count = problems.length;
  const before = useRef(0);
  useEffect(() => {
    if (count && !before.current) box.current?.focus();
    before.current = count;
  }, [count]);
  if (!count) return null;
  return (
    <div ref={box} class="problems" role="alert" tabIndex={-1}>
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
                    const field = document.getElementById(idOf(problem.path));
                    field?.closest("details")?.setAttribute("open", "");
                    field?.focus();
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
    </div>
  );
}

function nameOf(path: (string | number)[], schema: JsonSchema): string {
  const names: string[] = [];
  let part: JsonSchema | undefined = schema;
  for (const step of path) {
    part = part?.properties?.[step] ?? (Array.isArray(part?.items) ? part.items[Number(step)] : part?.items);
    names.push(typeof step === "number" || /^\d+$/.test(step) ? `${Number(step) + 1}` : (part?.title ?? step));
  }
  return names.join(" › ");
}
