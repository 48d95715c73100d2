/** A service that answers as it is told, and pauses that take no time. */
import { Api } from "../src/service/http";

export interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: any;
}

export interface Told {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What comes instead of an answer: no network. */
export const NOTHING = "nothing";

export class FakeService {
  readonly sent: Sent[] = [];
  readonly pauses: number[] = [];
  readonly api: Api;

  /** `answer` is asked for each request; its place counts from 0. */
  constructor(answer: (sent: Sent, place: number) => Told | typeof NOTHING) {
    const fetcher = async (address: any, options: any) => {
      const sent = {
        method: options.method,
        path: String(address).replace("https://api.test", ""),
        headers: options.headers,
        body: options.body === undefined ? undefined : JSON.parse(options.body),
      };
      this.sent.push(sent);
      options.signal?.throwIfAborted();
      const told = answer(sent, this.sent.length - 1);
      if (told === NOTHING) throw new TypeError("Failed to fetch");
      const body = told.status === 204 ? null : JSON.stringify(told.body ?? null);
      return new Response(body, { status: told.status, headers: told.headers ?? {} });
    };
    const pause = async (seconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      this.pauses.push(seconds);
    };
    this.api = new Api("https://api.test", () => "the-key", pause, fetcher as typeof fetch);
  }
}
