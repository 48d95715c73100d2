/** A prediction in words: numbers as people write them, lists with commas. */
import { type Answer, failed, type Json, type JsonRecord, type Row } from "../service/types";

const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
/** From 100,000 on, as many digits as there are: 1,234,567.8 is not 1,234,570. */
const LARGE = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumSignificantDigits: 3 });

export function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return "no value";
  if (typeof value === "number") return (Math.abs(value) < 1e5 ? NUMBER : LARGE).format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : value;
}

/** A class is a name, even where it is a number: 2026 is no 2,026. */
export function named(value: Json | undefined): string {
  return typeof value === "number" ? String(value) : shown(value);
}

/** Whether a key of `probabilities` is the class that was predicted: of 1.0, JavaScript leaves 1. */
export function isClass(label: string, prediction: Json | undefined): boolean {
  if (typeof prediction === "number") return label !== "" && Number(label) === prediction;
  return label.toLowerCase() === String(prediction).toLowerCase();
}

/** How likely the prediction itself was; undefined where nobody says. */
export function likelihood({ prediction, probabilities }: Answer): number | null | undefined {
  if (!probabilities || Array.isArray(probabilities)) return undefined;
  return Object.entries(probabilities).find(([label]) => isClass(label, prediction))?.[1];
}

export function percent(share: number | null): string {
  if (share === null) return "no value";
  if (share < 1 && share > 0.999) return "> 99.9 %";
  return share > 0 && share < 0.001 ? "< 0.1 %" : PERCENT.format(share).replace("%", " %");
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** An answer in a few words, for a list. */
export function outcome(row: Row | undefined): string {
  if (row === undefined) return "";
  if (failed(row)) return `failed: ${row.error.message}`;
  return row.probabilities ? named(row.prediction) : shown(row.prediction);
}

/** "1 row", "2,000 rows". */
export function counted(count: number, thing: string): string {
  return `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;
}

const BRIEF = 60;

/** A record in a few words. */
export function brief(record: JsonRecord): string {
  const text = Object.values(record)
    .filter((value) => value !== null && value !== "")
    .map((value) => shown(value))
    .join(", ");
  return text.length > BRIEF ? `${text.slice(0, BRIEF - 1)}…` : text || "an empty record";
}

/** The units of output number `place`; several outputs may have one each. */
export function unitsOf(units: unknown, place = 0): string | null {
  const own = Array.isArray(units) ? units[place] : units;
  return own === null || own === undefined || own === "" || typeof own === "object" ? null : String(own);
}
