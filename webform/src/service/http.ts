/** One request to the API: its status, its body, and how long it asks us to wait. */
import { endingWith } from "./ending";
import { type Pause, seconds } from "./pause";

export interface Reply {
  status: number;
  body: any;
  retryAfter: number | null;
}

/** No answer came: no network, no service, or an answer that the browser keeps from us. */
export class Unreachable extends Error {}

export interface Request {
  body?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Seconds that the service may hold the answer back. */
  wait?: number;
}

/** Seconds for an answer that is not held back: a Lambda may have to start first. */
const PATIENCE = 40;
/** Bytes a second that an upload is given time for. */
const SLOWEST = 20_000;

export class Api {
  constructor(
    readonly address: string,
    private readonly key: () => string | null = () => null,
    readonly pause: Pause = seconds,
    private readonly fetcher: typeof fetch = (...request) => fetch(...request),
  ) {}

  /** Raises Unreachable, what `signal` was aborted with, and an Error for a key that can't be sent. */
  async request(method: string, path: string, { body, headers = {}, signal, wait = 0 }: Request = {}): Promise<Reply> {
    const sent: Record<string, string> = { ...headers };
    if (body !== undefined) sent["Content-Type"] = "application/json";
    if (wait) sent.Prefer = `wait=${wait}`;
    const key = method === "GET" ? null : this.key();
    if (key && !/^[!-~]+$/.test(key)) {
      throw new Error("The API key has a character that no key has: type it, or copy it again.");
    }
    if (key) sent["X-API-Key"] = key;
    signal?.throwIfAborted();
    const ending = endingWith(signal);
    const timer = setTimeout(ending.end, (wait + PATIENCE + (body?.length ?? 0) / SLOWEST) * 1000);
    try {
      const answer = await this.fetcher(`${this.address}${path}`, {
        method,
        headers: sent,
        cache: "no-store", // else a browser would keep a DELETE waiting behind the GET of the same address
        signal: ending.signal,
        ...(body === undefined ? {} : { body }),
      });
      const text = await answer.text();
      return { status: answer.status, body: parsed(text), retryAfter: retryAfter(answer.headers) };
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreachable("The service can't be reached.");
    } finally {
      clearTimeout(timer);
      ending.release();
    }
  }
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function retryAfter(headers: Headers): number | null {
  const value = Number(headers.get("Retry-After") ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
