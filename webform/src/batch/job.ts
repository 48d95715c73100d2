/** A file on its way through the service. It goes on while other routes are looked at, and ends with the page. */
import { counted } from "../answer/value";
import type { Api } from "../service/http";
import type { History } from "../service/kept";
import { Refused, type Trouble } from "../service/predict";
import type { Limits } from "../service/types";
import type { ReadFile } from "./read";
import { type Progress, Work } from "./slices";

export class Job {
  readonly began = Date.now();
  readonly total: number;
  readonly work: Work;
  trouble: Trouble | null = null;
  /** Why it stands still; null while it runs, and when it is finished. */
  stopped: string | null = null;
  keyWanted = false;
  finished = false;
  private running: AbortController | null = null;
  private remembered: string[] = [];
  private changed: () => void = () => undefined;

  constructor(
    api: Api,
    limits: Limits,
    private readonly history: History,
    readonly read: ReadFile,
    readonly name: string,
  ) {
    this.total = read.cells.length - read.problems.size;
    this.work = new Work(api, read.records, limits);
  }

  get progress(): Progress {
    return this.work.progress;
  }

  /** Whoever draws it hears of each change; the way to stop hearing. */
  watch(changed: () => void): () => void {
    this.changed = changed;
    return () => {
      this.changed = () => undefined;
    };
  }

  /** Begin, or go on where it stopped. */
  async run(): Promise<void> {
    if (this.running || this.finished) return;
    this.running = new AbortController();
    const { signal } = this.running;
    const leaving = (event: Event) => event.preventDefault(); // the browser asks whether one means it
    const left = () => this.remember();
    addEventListener("beforeunload", leaving);
    addEventListener("pagehide", left);
    this.tell({ stopped: null, keyWanted: false });
    try {
      await this.work.run({
        signal,
        onProgress: () => this.changed(),
        onTrouble: (trouble) => this.tell({ trouble }),
      });
      this.finished = true;
    } catch (error) {
      this.keyWanted = error instanceof Refused && error.status === 401;
      this.stopped = signal.aborted ? "You stopped it." : (error as Error).message;
    }
    removeEventListener("beforeunload", leaving);
    removeEventListener("pagehide", left);
    this.running = null;
    this.remember();
    this.tell({ trouble: null });
  }

  stop(): void {
    this.running?.abort();
  }

  /** What is answered by now can be read again from the first page. */
  private remember(): void {
    const { ids, progress } = this.work;
    if (!ids.length) return;
    this.history.forget(this.remembered);
    this.remembered = ids;
    const rows = counted(this.total, "row");
    const answer = this.finished ? rows : `${progress.answered.toLocaleString("en")} of ${rows}`;
    this.history.add({ ids, at: new Date(this.began).toISOString(), asked: this.name, answer });
  }

  private tell(change: Partial<Pick<Job, "trouble" | "stopped" | "keyWanted">>): void {
    Object.assign(this, change);
    this.changed();
  }
}
