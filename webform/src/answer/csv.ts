/** Rows and their answers as a CSV: what was asked, the prediction, each label's probability, what went wrong. */
import Papa from "papaparse";
import { type Answer, failed, type Json, type Row } from "../service/types";

interface Asked {
  header: string[];
  cells: string[][];
  problems: Map<number, string>;
}

export function toCsv(rows: (Row | undefined)[], asked?: Asked): string {
  const answers = rows.map((row) => (row === undefined || failed(row) ? null : row));
  const outputs = answers.reduce(
    (most, answer) => Math.max(most, Array.isArray(answer?.prediction) ? answer.prediction.length : 1),
    1,
  );
  const labels = [...new Set(answers.flatMap((answer) => [...flat(answer?.probabilities).keys()]))];
  const several = (name: string) =>
    Array.from({ length: outputs }, (_, place) => (outputs > 1 ? `${name}.${place}` : name));
  const header = [
    ...(asked?.header ?? []),
    ...several("prediction"),
    ...labels.map((label) => `probability.${label}`),
    "error",
  ];
  const lines = rows.map((row, place) => {
    const answer = answers[place];
    const predicted = Array.isArray(answer?.prediction) ? answer.prediction : [answer?.prediction];
    const shares = flat(answer?.probabilities);
    const error = asked?.problems.get(place) ?? (failed(row) ? row.error.message : "");
    return [
      ...padded(asked?.cells[place] ?? [], asked?.header.length ?? 0),
      ...padded(predicted.map(cell), outputs),
      ...labels.map((label) => cell(shares.get(label))),
      error,
    ];
  });
  return Papa.unparse([header, ...lines]);
}

/** Probabilities by label; of several outputs by `place.label`. */
function flat(shares: Answer["probabilities"] | undefined): Map<string, Json> {
  if (!shares) return new Map();
  if (!Array.isArray(shares)) return new Map(Object.entries(shares));
  return new Map(
    shares.flatMap((table, place) => Object.entries(table).map(([label, share]) => [`${place}.${label}`, share])),
  );
}

function cell(value: Json | undefined): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function padded(cells: string[], length: number): string[] {
  return Array.from({ length }, (_, place) => cells[place] ?? "");
}

/** With a mark in front: without it Excel takes UTF-8 for something older. */
export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\uFEFF", text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
