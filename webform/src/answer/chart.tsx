/** Many answers as a picture: numbers in a histogram, labels counted. */
import { failed, type Row } from "../service/types";
import { bins } from "./bins";
import { counted, isNumber, named, shown, unitsOf } from "./value";

export function Chart({ rows, units }: { rows: (Row | undefined)[]; units: unknown }) {
  const answers = rows.flatMap((row) => (row === undefined || failed(row) ? [] : [row]));
  if (!answers.length) return null;
  const first = answers.map(({ prediction }) => (Array.isArray(prediction) ? (prediction[0] ?? null) : prediction));
  const outputs = first.filter((output) => output !== null);
  const without = first.length - outputs.length;
  const labelled = answers.some(({ probabilities }) => probabilities !== undefined);
  const numbers = outputs.filter(isNumber);
  const unit = unitsOf(units) ? `, ${unitsOf(units)}` : "";
  const caption = `${counted(answers.length, "prediction")}${unit}${without ? `; ${without.toLocaleString("en")} without a value` : ""}`;
  return (
    <figure class="chart">
      <figcaption>{caption}</figcaption>
      {!outputs.length ? null : !labelled && numbers.length === outputs.length ? (
        <Histogram numbers={numbers} />
      ) : (
        <Counts values={outputs.map(labelled ? named : shown)} />
      )}
    </figure>
  );
}

const WIDTH = 640;
const HEIGHT = 200;

function Histogram({ numbers }: { numbers: number[] }) {
  const { edges, counts } = bins(numbers);
  const most = Math.max(...counts);
  const step = WIDTH / counts.length;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  const said = `Histogram from ${shown(low)} to ${shown(high)}; the mean is ${shown(mean)}.`;
  const marks = edges.filter((_, place) => place % Math.ceil(counts.length / 5) === 0);
  return (
    <>
      <svg class="histogram" viewBox={`0 0 ${WIDTH} ${HEIGHT + 30}`} role="img" aria-label={said}>
        {counts.map((count, place) => {
          const height = (HEIGHT * count) / most;
          const from = edges[place] ?? 0;
          return (
            <rect key={from} x={place * step + 1} y={HEIGHT - height} width={step - 2} height={height} rx="2">
              <title>{`${shown(from)} to ${shown(edges[place + 1] ?? from)}: ${count.toLocaleString("en")}`}</title>
            </rect>
          );
        })}
        <line x1="0" y1={HEIGHT} x2={WIDTH} y2={HEIGHT} />
        {marks.map((mark) => (
          <text
            key={mark}
            x={Math.min(WIDTH - 14, Math.max(14, (WIDTH * (mark - low)) / (high - low || 1)))}
            y={HEIGHT + 20}
            text-anchor="middle"
          >
            {shown(mark)}
          </text>
        ))}
      </svg>
      <p class="help">{said}</p>
    </>
  );
}

const LABELS = 12;

function Counts({ values }: { values: string[] }) {
  const times = new Map<string, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  const sorted = [...times].sort(([, one], [, other]) => other - one);
  const rest = sorted.slice(LABELS).reduce((sum, [, count]) => sum + count, 0);
  const bars = [...sorted.slice(0, LABELS), ...(rest ? [[`${sorted.length - LABELS} others`, rest] as const] : [])];
  const most = Math.max(...bars.map(([, count]) => count));
  return (
    <ul class="bars" aria-label="How often each was predicted">
      {bars.map(([label, count]) => (
        <li key={label}>
          <span class="label">{label}</span>
          <span class="track" aria-hidden="true">
            <span class="bar" style={{ width: `${(100 * count) / most}%` }} />
          </span>
          <span class="share">{count.toLocaleString("en")}</span>
        </li>
      ))}
    </ul>
  );
}
