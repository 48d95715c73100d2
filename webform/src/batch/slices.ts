/** Many records in slices that the service takes, each sent once and followed to its end. */
import { byRow } from "../schema/complaints";
import { endingWith } from "../service/ending";
import type { Api } from "../service/http";
import { follow, Invalid, newKey, Refused, send, type Trouble } from "../service/predict";
import type { JsonRecord, Limits, Prediction, Row } from "../service/types";

/** Rows that travel together. With its key, and its id once it has one, it can be taken up again after any failure. */
interface Slice {
  rows: number[];
  key: string;
  id: string | null;
}

export interface Progress {
  sent: number;
  answered: number;
}

export interface Running {
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  onTrouble: (trouble: Trouble | null) => void;
}

/** Slices on their way at the same time. */
const LANES = 2;
/** Of a body's limit, what we fill: the rest is the service's to count otherwise. */
const FILL = 0.9;

/** The work of one file; `run` again goes on where it stopped. */
export class Work {
  readonly answers: (Row | undefined)[];
  readonly predictions = new Map<string, Prediction>();
  private open: Slice[];
  /** Ids, each at the first of its rows. */
  private readonly ended: string[] = [];
  private sent = 0;
  private answered = 0;

  constructor(
    private readonly api: Api,
    private readonly records: (JsonRecord | null)[],
    private readonly limits: Limits,
  ) {
    this.answers = new Array(records.length).fill(undefined);
    this.open = slices(records, limits).map((rows) => ({ rows, key: newKey(), id: null }));
  }

  /** The ids of what is answered, in the order of the rows. */
  get ids(): string[] {
    return Object.values(this.ended); // the lanes end in any order
  }

  get progress(): Progress {
    return { sent: this.sent, answered: this.answered };
  }

  get finished(): boolean {
    return this.open.length === 0;
  }

  /** Raises Unreachable, Refused (401, 404, 410), AbortError; what is answered stays. */
  async run(running: Running): Promise<void> {
    const waiting = [...this.open];
    const { signal, end, release } = endingWith(running.signal);
    const lane = async () => {
      for (let slice = waiting.shift(); slice; slice = waiting.shift()) {
        const parts = await this.take(slice, { ...running, signal });
        this.open.splice(this.open.indexOf(slice), 1, ...parts);
        waiting.unshift(...parts);
      }
    };
    try {
      await Promise.all(Array.from({ length: LANES }, lane));
    } catch (error) {
      end();
      throw error;
    } finally {
      release();
    }
  }

  /** One slice to its end; or the smaller ones that take its place. */
  private async take(slice: Slice, running: Running): Promise<Slice[]> {
    const { signal, onTrouble } = running;
    const records = slice.rows.map((row) => this.records[row] ?? {});
    try {
      if (slice.id === null) {
        slice.id = await send(this.api, records, slice.key, { signal, onTrouble });
        this.sent += slice.rows.length;
        this.tell(running);
      }
      const wait = Math.floor(this.limits.wait_limit);
      const prediction = await follow(this.api, slice.id, { signal, onTrouble, wait });
      if (prediction.error?.code === "result_too_large" && slice.rows.length > 1) {
        this.sent -= slice.rows.length;
        return halves(slice.rows);
      }
      this.keep(slice, prediction);
    } catch (error) {
      if (error instanceof Invalid) return this.without(slice, byRow(error.complaints), running);
      if (error instanceof Refused && error.status === 413) {
        if (slice.rows.length > 1) return halves(slice.rows);
        this.fail(slice.rows, "too_large", error.message);
      } else {
        if (error instanceof Refused && (error.status === 404 || error.status === 410)) {
          slice.id = null; // erased meanwhile, say: whoever goes on sends these rows anew
          slice.key = newKey();
        }
        throw error;
      }
    }
    this.tell(running);
    return [];
  }

  private keep(slice: Slice, prediction: Prediction): void {
    this.predictions.set(prediction.prediction_id, prediction);
    this.ended[slice.rows[0] ?? 0] = prediction.prediction_id;
    this.answered += slice.rows.length;
    const result = Array.isArray(prediction.result) ? prediction.result : [];
    const error = prediction.error ?? { code: prediction.status, message: `The prediction is ${prediction.status}.` };
    for (const [place, row] of slice.rows.entries()) this.answers[row] = result[place] ?? { error };
  }

  /** The rows that the service named are theirs to mend; the others are sent again. */
  private without(slice: Slice, complaints: Map<number, string>, running: Running): Slice[] {
    const named = new Set([...complaints.keys()].filter((place) => place >= 0 && place < slice.rows.length));
    if (!named.size) {
      this.fail(slice.rows, "refused", complaints.get(-1) ?? "The service does not accept these rows.");
      this.tell(running);
      return [];
    }
    for (const place of named) this.fail([slice.rows[place] ?? -1], "refused", complaints.get(place) ?? "");
    this.tell(running);
    const left = slice.rows.filter((_, place) => !named.has(place));
    return left.length ? [{ rows: left, key: newKey(), id: null }] : [];
  }

  private fail(rows: number[], code: string, message: string): void {
    for (const row of rows) this.answers[row] = { error: { code, message } };
    this.answered += rows.length;
    this.sent += rows.length;
  }

  private tell({ onProgress }: Running): void {
    onProgress(this.progress);
  }
}

function halves(rows: number[]): Slice[] {
  const middle = Math.ceil(rows.length / 2);
  return [rows.slice(0, middle), rows.slice(middle)].map((part) => ({
    rows: part,
    key: newKey(),
    id: null,
  }));
}

/** Rows that have a record, in slices that hold to both limits. */
export function slices(records: (JsonRecord | null)[], { max_records, max_body }: Limits): number[][] {
  const found: number[][] = [];
  const bytes = new TextEncoder();
  let size = 0;
  for (const [row, record] of records.entries()) {
    if (!record) continue;
    const length = bytes.encode(JSON.stringify(record)).length + 1;
    const last = found.at(-1);
    if (last && last.length < max_records && size + length <= max_body * FILL) {
      last.push(row);
      size += length;
    } else {
      found.push([row]);
      size = length;
    }
  }
  return found;
}
