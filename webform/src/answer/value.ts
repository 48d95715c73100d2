/** A prediction in words: numbers as people write them, lists with commas. */
import { failed, type Json, type JsonRecord, type Row } from "../service/types";

const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumSignificantDigits: 3 });

export function shown(value: Json | undefined): string {
  if (value === null || value === undefined) return "no value";
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en") : NUMBER.format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : value;
}

export function percent(share: number | null): string {
  if (share === null) return "no value";
  return share > 0 && share < 0.001 ? "< 0.1 %" : PERCENT.format(share).replace("%", " %");
}

export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** An answer in a few words, for a list. */
export function outcome(row: Row | undefined): string {
  if (row === undefined) return "";
  return failed(row) ? `failed: ${row.error.message}` : shown(row.prediction);
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
