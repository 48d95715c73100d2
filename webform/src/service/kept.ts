/** What the browser keeps: the last predictions, for as long as nobody clears them; an API key, for the session. */
import type { JsonRecord } from "./types";

export interface Remembered {
  /** One id, or one for each slice of a file. */
  ids: string[];
  at: string;
  /** What was asked: a record's values or a file's name. */
  asked: string;
  record?: JsonRecord;
  answer?: string;
}

const MOST = 20;

/** The last predictions of one service, newest first. */
export class History {
  private readonly place: string;

  constructor(
    address: string,
    private readonly store: Storage | null = storage("localStorage"),
  ) {
    this.place = `predictions ${address}`;
  }

  all(): Remembered[] {
    try {
      const found = JSON.parse(this.store?.getItem(this.place) ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }

  find(ids: string[]): Remembered | undefined {
    return this.all().find((entry) => entry.ids.join() === ids.join());
  }

  add(entry: Remembered): void {
    this.write([entry, ...this.all().filter((other) => other.ids.join() !== entry.ids.join())]);
  }

  /** What became of it; nothing, if it is not among the last ones. */
  answered(ids: string[], answer: string): void {
    this.write(this.all().map((entry) => (entry.ids.join() === ids.join() ? { ...entry, answer } : entry)));
  }

  /** Those ids' entry, or all. */
  forget(ids?: string[]): void {
    this.write(ids ? this.all().filter((entry) => entry.ids.join() !== ids.join()) : []);
  }

  private write(entries: Remembered[]): void {
    for (let most = MOST; most > 0; most = Math.floor(most / 2)) {
      try {
        this.store?.setItem(this.place, JSON.stringify(entries.slice(0, most)));
        return;
      } catch {
        // full, or forbidden: fewer, then none
      }
    }
  }
}

export class SessionKey {
  /** Where the store is full or forbidden, it lasts as long as the page. */
  private typed: string | null = null;

  constructor(
    private readonly address: string,
    private readonly store: Storage | null = storage("sessionStorage"),
  ) {}

  get(): string | null {
    if (this.typed !== null) return this.typed || null;
    try {
      return this.store?.getItem(`key ${this.address}`) ?? null;
    } catch {
      return null;
    }
  }

  set(key: string): void {
    this.typed = key;
    try {
      if (key) this.store?.setItem(`key ${this.address}`, key);
      else this.store?.removeItem(`key ${this.address}`);
    } catch {
      // full, or forbidden
    }
  }
}

function storage(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null; // forbidden in this browser
  }
}
