/** What is not waited for, and what is told instead. */
import { expect, test, vi } from "vitest";
import { Work } from "../src/batch/slices";
import { Api, Unreachable } from "../src/service/http";
import { follow, newKey, Refused, send } from "../src/service/predict";
import { FakeService } from "./fakes";

test("a service that asks for an hour is told of, and not waited for", async () => {
  const service = new FakeService(() => ({ status: 429, body: { detail: "x" }, headers: { "Retry-After": "3600" } }));
  await expect(send(service.api, {}, "key")).rejects.toThrow("too much to do. Try again in 60 minutes.");
  expect(service.pauses).toEqual([]);
});

test("a page that answers in place of the service is no answer", async () => {
  const service = new FakeService((_, place) =>
    place < 2 ? { status: 200, body: null } : { status: 200, body: { prediction_id: "id-1", status: "succeeded" } },
  );
  const told: string[] = [];
  await follow(service.api, "id-1", { onTrouble: (trouble) => trouble && told.push(trouble.message) });
  expect(told).toEqual(Array(2).fill("Something else answers in place of the service."));
});

test("tries that hang count by the clock", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  try {
    const hanging = (async () => {
      vi.setSystemTime(Date.now() + 60_000);
      throw new TypeError("timed out");
    }) as unknown as typeof fetch;
    const api = new Api(
      "https://api.test",
      () => null,
      async () => undefined,
      hanging,
    );
    await expect(follow(api, "id-1")).rejects.toThrow("It was asked 3 times.");
  } finally {
    vi.useRealTimers();
  }
});

test("a key that no header can hold is told at once", async () => {
  const api = new Api("https://api.test", () => "abc\u200b", undefined, (() => {
    throw new Error("it must not be sent");
  }) as unknown as typeof fetch);
  await expect(send(api, {}, "key")).rejects.toThrow("The API key has a character");
});

test("without AbortSignal.any, as on phones of 2023, nothing is missed", async () => {
  const any = AbortSignal.any;
  (AbortSignal as any).any = undefined;
  try {
    const service = new FakeService(() => ({ status: 202, body: { prediction_id: "id-1" } }));
    expect(await send(service.api, {}, "key", { signal: new AbortController().signal })).toBe("id-1");
  } finally {
    AbortSignal.any = any;
  }
});

test("keys differ, and need nothing that plain http lacks", () => {
  const keys = Array.from({ length: 100 }, newKey);
  expect(new Set(keys).size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

test("rows whose prediction was erased meanwhile are sent anew when one goes on", async () => {
  let gone = true;
  const service = new FakeService(({ method }) => {
    if (method === "POST") return { status: 202, body: { prediction_id: gone ? "old" : "new" } };
    if (gone) return { status: 410, body: { detail: "gone" } };
    return { status: 200, body: { prediction_id: "new", status: "succeeded", result: [{ prediction: 1 }] } };
  });
  const work = new Work(service.api, [{ x: 1 }], { max_records: 4, max_body: 1000, wait_limit: 5 });
  const run = { signal: new AbortController().signal, onProgress: () => undefined, onTrouble: () => undefined };
  await expect(work.run(run)).rejects.toThrow(Refused);
  gone = false;
  await work.run(run);
  expect(work.ids).toEqual(["new"]);
  const keys = service.sent.filter(({ method }) => method === "POST").map(({ headers }) => headers["Idempotency-Key"]);
  expect(new Set(keys).size).toBe(2);
});

test("who is not reached is told how often it was tried", async () => {
  const service = new FakeService(() => ({ status: 503 }));
  await expect(follow(service.api, "id-1")).rejects.toThrow(Unreachable);
  await expect(follow(service.api, "id-1")).rejects.toThrow(/It was asked \d\d? times/);
});
