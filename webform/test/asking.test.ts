/** A prediction from its question to its end, through what a network and a busy service do; and the real pause. */
import { afterEach, expect, test, vi } from "vitest";
import { Api, Unreachable } from "../src/service/http";
import { backoff, seconds } from "../src/service/pause";
import { follow, Invalid, newKey, Refused, send, type Trouble } from "../src/service/predict";
import { FakeService, NOTHING, type Told } from "./fakes";

const ACCEPTED: Told = { status: 202, body: { prediction_id: "a/b", status: "pending" } };
const PENDING: Told = {
  status: 200,
  body: { prediction_id: "a/b", status: "pending" },
  headers: { "Retry-After": "3" },
};
const DONE: Told = { status: 200, body: { prediction_id: "a/b", status: "succeeded", result: { prediction: 1 } } };

/** Answers in turn; the last one for ever. */
function told(...answers: (Told | typeof NOTHING)[]): FakeService {
  return new FakeService((_, place) => answers[Math.min(place, answers.length - 1)] ?? NOTHING);
}

afterEach(() => {
  vi.useRealTimers();
});

test("accepted, pending, succeeded: one question, and its answer", async () => {
  const service = told(ACCEPTED, PENDING, DONE);
  const id = await send(service.api, { x: 1 }, "key");
  expect(await follow(service.api, id, { wait: 5 })).toEqual(DONE.body);
  expect(service.sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /api/predict",
    "GET /api/predict/a%2Fb",
    "GET /api/predict/a%2Fb",
  ]);
  expect(service.sent.map(({ headers }) => headers.Prefer)).toEqual([undefined, "wait=5", "wait=5"]);
  expect(service.pauses).toEqual([3]);
});

test("failed and cancelled are ends, too", async () => {
  for (const status of ["failed", "cancelled"]) {
    const service = told({ status: 200, body: { prediction_id: "x", status } });
    expect((await follow(service.api, "x")).status).toBe(status);
    expect(service.sent.length).toBe(1);
  }
});

test("a minute of waiting at the service is enough; then it is asked ever less often", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  const service = new FakeService((_, place) => {
    vi.setSystemTime(Date.now() + 20_000); // it held the answer back
    return place < 8 ? { ...PENDING, headers: {} } : DONE;
  });
  await follow(service.api, "x", { wait: 20 });
  expect(service.sent.map(({ headers }) => headers.Prefer ?? "")).toEqual([
    ...Array(3).fill("wait=20"),
    ...Array(6).fill(""),
  ]);
  expect(service.pauses.slice(0, 3)).toEqual([1, 1, 1]);
  expect(service.pauses.at(-1)).toBeGreaterThan(8);
});

test("waiting as such is never given up, while the service answers", async () => {
  const service = new FakeService((_, place) => (place < 200 ? PENDING : DONE));
  expect((await follow(service.api, "x")).status).toBe("succeeded");
  expect(service.pauses.reduce((sum, pause) => sum + pause)).toBeGreaterThan(600);
});

test("every try of one question is the same question", async () => {
  const service = told({ status: 429 }, NOTHING, { status: 503 }, { status: 500 }, ACCEPTED);
  await send(service.api, { x: 1 }, "the-same");
  expect(service.sent.length).toBe(5);
  for (const { body, headers } of service.sent) {
    expect(body).toEqual({ x: 1 });
    expect(headers["Idempotency-Key"]).toBe("the-same");
  }
});

test("one 500 after an outage is still only one", async () => {
  const outage = told(NOTHING, NOTHING, NOTHING, NOTHING, { status: 500 }, ACCEPTED);
  expect(await send(outage.api, {}, "key")).toBe("a/b");
  const staying = told(NOTHING, NOTHING, { status: 500 });
  await expect(send(staying.api, {}, "key")).rejects.toMatchObject({ status: 500 });
  expect(staying.sent.length).toBe(6); // two without an answer, three tried again, and the answer
});

test("keys are long, and no two are the same", () => {
  const keys = Array.from({ length: 100 }, newKey);
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  [{ status: 429 }, "The service has too much to do."],
  [{ status: 503 }, "The service can't be reached in full."],
  [NOTHING, "The service can't be reached."],
] as [Told | typeof NOTHING, string][])("%j is told while it lasts, and no longer", async (answer, message) => {
  const heard: (Trouble | null)[] = [];
  const service = told(answer, ACCEPTED);
  await send(service.api, {}, "key", { onTrouble: (trouble) => heard.push(trouble) });
  expect(heard).toEqual([{ message, again: service.pauses[0] }, null]);
});

test.each([[NOTHING], [{ status: 429 }], [{ status: 503 }]] as (Told | typeof NOTHING)[][])(
  "%j for ever ends after a few minutes",
  async (answer) => {
    const service = told(answer ?? NOTHING);
    await expect(follow(service.api, "x")).rejects.toThrow(Unreachable);
    expect(service.sent.length).toBeLessThan(15);
    expect(service.sent.length).toBeGreaterThan(5);
    expect(service.pauses.length).toBe(service.sent.length - 1); // no pause before giving up
  },
);

test("each answer gives the next outage its full patience", async () => {
  const outage = Array(6).fill(NOTHING);
  const service = told(...outage, PENDING, ...outage, PENDING, ...outage, PENDING, ...outage, DONE);
  expect((await follow(service.api, "x")).status).toBe("succeeded");
});

test.each([404, 410, 401, 403])("%i ends the waiting, and is asked once", async (status) => {
  const service = told({ status });
  const error = await follow(service.api, "x").catch((error) => error);
  expect(error).toBeInstanceOf(Refused);
  expect(error.status).toBe(status);
  expect(service.sent.length).toBe(1);
});

test("a 422 without a list of complaints still names the whole", async () => {
  for (const body of [{ detail: "No." }, null]) {
    const error = await send(told({ status: 422, body }).api, {}, "key").catch((error) => error);
    expect(error).toBeInstanceOf(Invalid);
    expect(error.complaints).toMatchObject([{ loc: ["body"] }]);
  }
});

test("what is no JSON is an answer without a body", async () => {
  const fetcher = async () => new Response("<html>Bad gateway</html>", { status: 418 });
  const api = new Api("https://api.test", undefined, async () => undefined, fetcher as typeof fetch);
  await expect(send(api, {}, "key")).rejects.toThrow("The service refused this (418).");
});

test("a page without a key sends none", async () => {
  const sent: Record<string, string>[] = [];
  const fetcher = async (_: unknown, options: any) => {
    sent.push(options.headers);
    return Response.json(ACCEPTED.body, { status: 202 });
  };
  const api = new Api(
    "https://api.test",
    () => null,
    async () => undefined,
    fetcher as typeof fetch,
  );
  await send(api, {}, "key");
  expect(sent).toEqual([{ "Idempotency-Key": "key", "Content-Type": "application/json" }]);
});

test.each([
  ["2", 2],
  ["0", 0],
  ["Wed, 21 Oct 2026 07:28:00 GMT", null],
  ["-1", null],
])("a Retry-After of %j is %j", async (header, expected) => {
  const service = told({ status: 200, headers: { "Retry-After": header } });
  expect((await service.api.request("GET", "/")).retryAfter).toBe(expected);
});

test("who stops in the midst of an answer is not told that the service is away", async () => {
  const controller = new AbortController();
  const fetcher = (_: unknown, { signal }: RequestInit) =>
    new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  const api = new Api("https://api.test", undefined, async () => undefined, fetcher as typeof fetch);
  const asked = send(api, {}, "key", { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});

test("who stops in a pause does not wait for its end", async () => {
  const controller = new AbortController();
  let fetched = 0;
  const fetcher = async () => {
    fetched += 1;
    return new Response(null, { status: 429, headers: { "Retry-After": "60" } });
  };
  const api = new Api("https://api.test", undefined, seconds, fetcher as typeof fetch);
  const onTrouble = () => setTimeout(() => controller.abort());
  await expect(send(api, {}, "key", { signal: controller.signal, onTrouble })).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(fetched).toBe(1);
});

test("a pause lasts as long as it says, and ends when it is called off", async () => {
  const began = performance.now();
  await seconds(0.05);
  expect(performance.now() - began).toBeGreaterThan(45);
  await expect(seconds(60, AbortSignal.abort("before"))).rejects.toBe("before");
  const controller = new AbortController();
  const pause = seconds(60, controller.signal);
  controller.abort("amidst");
  await expect(pause).rejects.toBe("amidst");
  expect(performance.now() - began).toBeLessThan(5000);
});

test("a pause is never shorter than was asked, and longer than that for who has tried often", () => {
  for (const tries of [0, 3, 9]) {
    for (const random of [0, 1]) expect(backoff(tries, 20, () => random)).toBeGreaterThanOrEqual(20);
  }
  expect(backoff(0, 0, () => 0.5)).toBe(0);
  expect(backoff(3, 0, () => 0.5)).toBe(8);
});
