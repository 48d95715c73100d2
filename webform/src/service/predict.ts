/** Asking for a prediction and following it to its end: what is tried again, for how long, and what is final. */
import { type Api, type Reply, Unreachable } from "./http";
import { backoff } from "./pause";
import type { Complaint, Json, Prediction } from "./types";

/** Why nothing more is to be hoped for; the message is for people. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The service named what is wrong with the records. */
export class Invalid extends Error {
  constructor(readonly complaints: Complaint[]) {
    super("The service does not accept these values.");
  }
}

/** Something did not answer: what, and in how many seconds it is asked again. */
export interface Trouble {
  message: string;
  again: number;
}

export interface Following {
  signal?: AbortSignal;
  wait?: number;
  onTrouble?: (trouble: Trouble | null) => void;
}

/** Seconds without any answer after which we stop asking: a page must not poll for ever. */
const GIVE_UP = 150;
/** Seconds of waiting for a pending prediction in one go; then by the clock, which costs the service less. */
const HELD = 60;

/** A key for `send`; without `randomUUID`, which a page on plain http does not have. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Send records; the id that stands for them. `key` makes it safe to send again, whatever became of the first. */
export async function send(api: Api, records: Json, key: string, following: Following = {}): Promise<string> {
  const body = JSON.stringify(records);
  const headers = { "Idempotency-Key": key };
  const reply = await insist(api, following, () =>
    api.request("POST", "/api/predict", { body, headers, ...signalled(following) }),
  );
  if (reply.status === 422) throw new Invalid(complaintsOf(reply.body));
  if (reply.status !== 202 && reply.status !== 200) throw new Refused(reply.status, refusal(reply.status, reply.body));
  return reply.body.prediction_id;
}

/** Wait for a prediction's end. Raises Refused, and Unreachable when nothing has answered for long. */
export async function follow(api: Api, id: string, following: Following = {}): Promise<Prediction> {
  const { signal, wait = 0 } = following;
  const path = `/api/predict/${encodeURIComponent(id)}`;
  const began = Date.now();
  for (let turn = 0; ; turn += 1) {
    const held = Date.now() - began < HELD * 1000 ? wait : 0;
    const reply = await insist(api, following, () => api.request("GET", path, { wait: held, ...signalled(following) }));
    if (reply.status !== 200) throw new Refused(reply.status, gone(reply.status, reply.body));
    const prediction = reply.body as Prediction;
    if (prediction.status !== "pending") return prediction;
    const waited = held ? 0 : Math.max(0, turn - 2);
    await api.pause(Math.max(reply.retryAfter ?? 1, backoff(waited, null) / 2), signal);
  }
}

/** Cancel what is pending, erase what is finished. Raises Refused, Unreachable. */
export async function erase(api: Api, id: string, following: Following = {}): Promise<void> {
  const path = `/api/predict/${encodeURIComponent(id)}`;
  const reply = await insist(api, following, () => api.request("DELETE", path, signalled(following)));
  if (reply.status !== 204) throw new Refused(reply.status, refusal(reply.status, reply.body));
}

/** Try until there is an answer that another try would not change. Raises Unreachable, Refused. */
export async function insist(api: Api, { signal, onTrouble }: Following, ask: () => Promise<Reply>): Promise<Reply> {
  let lost = 0;
  let failed = 0;
  for (let tries = 0; ; tries += 1) {
    let message = "The service can't be reached.";
    let asked: number | null = null;
    const began = Date.now();
    try {
      const reply = await ask();
      if (reply.status === 500) failed += 1;
      const strange = (reply.status === 200 || reply.status === 202) && reply.body === null;
      if (!strange && !passing(reply.status) && (reply.status !== 500 || failed > FAILED)) {
        onTrouble?.(null);
        return reply;
      }
      message = strange ? "Something else answers in place of the service." : said(reply.status);
      asked = reply.retryAfter;
      if (asked !== null && asked > GIVE_UP) {
        throw new Refused(reply.status, `${message} Try again in ${Math.ceil(asked / 60)} minutes.`);
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    const again = backoff(tries, asked);
    lost += again + (Date.now() - began) / 1000; // a try that hangs is a wait, too
    if (lost > GIVE_UP) throw new Unreachable(`${message} It was asked ${tries + 1} times.`);
    onTrouble?.({ message, again });
    await api.pause(again, signal);
  }
}

/** How many 500s are tried again before one is the answer: one alone may be a process that was ended meanwhile. */
const FAILED = 3;

function said(status: number): string {
  return status === 429 ? "The service has too much to do." : "The service can't be reached in full.";
}

/** What may be otherwise in a moment. */
function passing(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}

function signalled({ signal }: Following): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

function complaintsOf(body: any): Complaint[] {
  const detail = body?.detail;
  return Array.isArray(detail) ? detail : [{ loc: ["body"], msg: "The values are not accepted.", type: "unknown" }];
}

function refusal(status: number, body: any): string {
  const detail = typeof body?.detail === "string" ? body.detail : body?.message;
  if (status === 401) return detail ?? "The service needs an API key.";
  if (status === 413) return detail ?? "This is more than the service takes at once.";
  if (status >= 500) return "The service failed over this. Its log says why.";
  return detail ?? `The service refused this (${status}).`;
}

function gone(status: number, body: any): string {
  if (status === 404) return "This service never gave out this address. Is the link complete?";
  if (status === 410) return "This prediction is gone: it has expired, or somebody erased it.";
  return refusal(status, body);
}
