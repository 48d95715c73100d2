/** The answer to one record: the prediction, large, and how likely each label is. */
import { useState } from "preact/hooks";
import type { Answer, Json } from "../service/types";
import { isClass, isNumber, named, percent, shown, unitsOf } from "./value";

export function AnswerView({ answer, units }: { answer: Answer; units: unknown }) {
  const { prediction, probabilities } = answer;
  const outputs = Array.isArray(prediction) ? prediction : [prediction];
  const tables = probabilities === undefined ? [] : Array.isArray(probabilities) ? probabilities : [probabilities];
  return (
    <>
      {outputs.map((output, place) => {
        const unit = unitsOf(units, place);
        const table = tables[place];
        return (
          <div class="output" key={place}>
            {outputs.length > 1 && <h2>Output {place + 1}</h2>}
            {isNumber(output) && !table ? (
              <p class="value">
                <data value={String(output)}>{shown(output)}</data> {unit && <span class="units">{unit}</span>}
              </p>
            ) : (
              <>
                {unit && <p class="caption">{unit}</p>}
                <p class="value">{table ? named(output) : shown(output)}</p>
              </>
            )}
            {table && <Bars shares={table} chosen={output} />}
          </div>
        );
      })}
    </>
  );
}

const FIRST = 5;

/** Labels by likelihood; the first few, and all on demand. */
export function Bars({ shares, chosen }: { shares: Record<string, number | null>; chosen: Json }) {
  const [all, setAll] = useState(false);
  const sorted = Object.entries(shares).sort(([, one], [, other]) => (other ?? 0) - (one ?? 0));
  const visible = all ? sorted : sorted.slice(0, FIRST);
  return (
    <>
      <ul class="bars" aria-label="How likely each is">
        {visible.map(([label, share]) => (
          <li key={label} class={isClass(label, chosen) ? "chosen" : undefined}>
            <span class="label">{label}</span>
            <span class="track" aria-hidden="true">
              <span class="bar" style={{ width: `${100 * (share ?? 0)}%` }} />
            </span>
            <span class="share">{percent(share)}</span>
          </li>
        ))}
      </ul>
      {sorted.length > FIRST && (
        <button type="button" class="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? `Show the first ${FIRST}` : `Show all ${sorted.length}`}
        </button>
      )}
    </>
  );
}
