/** A file -> its rows, checked: a frame's time of work, then a rest, so that the page stays smooth. */
import Papa from "papaparse";
import { counted } from "../answer/value";
import { Checker } from "../schema/check";
import type { JsonRecord, JsonSchema } from "../service/types";
import { convert, OMIT } from "./cells";
import { type Matched, match } from "./columns";

export interface ReadFile {
  header: string[];
  cells: string[][];
  matched: Matched;
  /** For each row the record to send, or what is wrong with it. */
  records: (JsonRecord | null)[];
  problems: Map<number, string>;
  /** How the bytes were read, where that had to be guessed. */
  encoding: string | null;
}

/** What makes nothing of the file; the message says what to do. */
export class Unreadable extends Error {}

/** Milliseconds of work between two rests. */
const WORK = 10;
const LARGEST = 50 * 1024 * 1024;
const MOST = 200_000;

export async function readFile(
  file: Blob,
  schema: JsonSchema,
  onProgress: (done: number, of: number) => void,
  signal?: AbortSignal,
): Promise<ReadFile> {
  if (file.size > LARGEST) {
    throw new Unreadable(
      "This file has over 50 MiB, which is too much for a browser: `cli predict FILE` takes any size.",
    );
  }
  const { text, encoding } = decode(new Uint8Array(await file.arrayBuffer()));
  let parsed = Papa.parse<string[]>(text, { skipEmptyLines: true });
  if (parsed.data[0]?.length === 1) {
    // the semicolons in an only column's texts divide nothing
    parsed = Papa.parse<string[]>(text, { skipEmptyLines: true, delimiter: "," });
  }
  const [header, ...cells] = parsed.data;
  if (!header) throw new Unreadable("The file is empty: its first row names the columns.");
  const broken = parsed.errors.find(({ type }) => type === "Quotes");
  if (broken) {
    const where = broken.row ? `Row ${broken.row.toLocaleString("en")}` : "The first row";
    throw new Unreadable(
      broken.code === "MissingQuotes"
        ? `${where} of the file has a quotation mark that does not end.`
        : `${where} of the file has a quotation mark inside a cell that begins with one: write it twice.`,
    );
  }
  if (cells.length > MOST) {
    throw new Unreadable(
      `This file has ${cells.length.toLocaleString("en")} rows, and a browser is good for ` +
        `${MOST.toLocaleString("en")}: \`cli predict FILE\` takes any number.`,
    );
  }
  if (!cells.length) throw new Unreadable("The file has a first row, which names the columns, and no other.");

  const matched = match(header, schema);
  const checker = new Checker(schema);
  const records: (JsonRecord | null)[] = [];
  const problems = new Map<number, string>();
  let rested = performance.now();
  for (const row of cells) {
    const { record, problem } = read(row, header, matched, schema, checker);
    if (problem) problems.set(records.length, problem);
    records.push(record);
    if (performance.now() - rested > WORK) {
      onProgress(records.length, cells.length);
      await new Promise((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      rested = performance.now();
    }
  }
  return { header, cells, matched, records, problems, encoding };
}

function read(row: string[], header: string[], matched: Matched, schema: JsonSchema, checker: Checker) {
  if (row.length !== header.length) {
    return {
      record: null,
      problem: `The row has ${counted(row.length, "cell")}, and there are ${counted(header.length, "column")}.`,
    };
  }
  const record: JsonRecord = {};
  for (const [place, name] of matched.fields.entries()) {
    if (name === null) continue;
    const value = convert(row[place] ?? "", schema.properties[name], schema.required?.includes(name) ?? false);
    if (value !== OMIT) record[name] = value;
  }
  const plain = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
  const [first] = checker.problems(plain);
  return first ? { record: null, problem: `${first.path.join(".")}: ${first.message}` } : { record, problem: null };
}

function decode(bytes: Uint8Array): { text: string; encoding: string | null } {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "";
  if (mark) return { text: new TextDecoder(mark).decode(bytes), encoding: "UTF-16" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: null };
  } catch {
    return { text: new TextDecoder("windows-1252").decode(bytes), encoding: "Windows-1252" };
  }
}
