/** Asking for a prediction, and what is tried again. */
import { expect, test } from "vitest";
import { Unreachable } from "../src/service/http";
import { backoff } from "../src/service/pause";
import { erase, follow, Invalid, Refused, send } from "../src/service/predict";
import { FakeService, NOTHING } from "./fakes";

const ACCEPTED = { status: 202, body: { prediction_id: "id-1", status: "pending" }, headers: { "Retry-After": "1" } };
const PENDING = { status: 200, body: { prediction_id: "id-1", status: "pending" }, headers: { "Retry-After": "1" } };
const DONE = { status: 200, body: { prediction_id: "id-1", status: "succeeded", result: { prediction: 1 } } };

test("a record is posted with a key that makes it safe to repeat", async () => {
  const service = new FakeService(() => ACCEPTED);
  expect(await send(service.api, { x: 1 }, "key-1")).toBe("id-1");
  expect(service.sent[0]?.body).toEqual({ x: 1 });
  expect(service.sent[0]?.headers).toMatchObject({ "Idempotency-Key": "key-1", "X-API-Key": "the-key" });
  expect(service.sent[0]?.headers).not.toHaveProperty("Prefer");
});

test("a post without an answer is sent again under the same key", async () => {
  const service = new FakeService((_, place) => (place < 3 ? NOTHING : ACCEPTED));
  const told: (string | undefined)[] = [];
  const onTrouble = (trouble: { message: string } | null) => told.push(trouble?.message);
  expect(await send(service.api, { x: 1 }, "key-1", { onTrouble })).toBe("id-1");
  expect(new Set(service.sent.map(({ headers }) => headers["Idempotency-Key"]))).toEqual(new Set(["key-1"]));
  expect(told).toEqual([...Array(3).fill("The service can't be reached."), undefined]);
});

test.each([429, 502, 503, 504])("%i is waited for, as long as it asks", async (status) => {
  const service = new FakeService((_, place) =>
    place === 0 ? { status, body: { detail: "later" }, headers: { "Retry-After": "7" } } : ACCEPTED,
  );
  await send(service.api, {}, "key");
  expect(service.pauses.length).toBe(1);
  expect(service.pauses[0]).toBeGreaterThanOrEqual(7);
  expect(service.pauses[0]).toBeLessThan(8.5);
});

test("a bare 429 is waited for longer each time", async () => {
  const service = new FakeService((_, place) => (place < 4 ? { status: 429, body: { message: "slow" } } : ACCEPTED));
  await send(service.api, {}, "key");
  const [first, , , last] = service.pauses;
  expect(first).toBeLessThan(1.3);
  expect(last).toBeGreaterThan(6);
});

test("a 500 may be a process that has ended, and is an answer when it stays", async () => {
  const passing = new FakeService((_, place) => (place < 2 ? { status: 500 } : ACCEPTED));
  expect(await send(passing.api, {}, "key")).toBe("id-1");
  const staying = new FakeService(() => ({ status: 500 }));
  await expect(send(staying.api, {}, "key")).rejects.toThrow("The service failed over this.");
  expect(staying.sent.length).toBe(4);
});

test("a service that never answers is not asked for ever", async () => {
  const service = new FakeService(() => NOTHING);
  await expect(send(service.api, {}, "key")).rejects.toThrow(Unreachable);
  expect(service.sent.length).toBeLessThan(15);
  expect(service.pauses.reduce((sum, pause) => sum + pause, 0)).toBeLessThan(151);
});

test("a 422 names what is wrong, and is not sent again", async () => {
  const detail = [{ loc: ["body", "x"], msg: "Input should be a number", type: "float_parsing" }];
  const service = new FakeService(() => ({ status: 422, body: { detail } }));
  await expect(send(service.api, {}, "key")).rejects.toMatchObject({ complaints: detail });
  await expect(send(service.api, {}, "key")).rejects.toThrow(Invalid);
  expect(service.sent.length).toBe(2);
});

test.each([401, 413, 415])("%i is final, in the service's own words", async (status) => {
  const service = new FakeService(() => ({ status, body: { detail: "Not like this." } }));
  await expect(send(service.api, {}, "key")).rejects.toMatchObject({ status, message: "Not like this." });
});

test("a prediction is followed to its end, and waited for at the service", async () => {
  const service = new FakeService((_, place) => (place < 2 ? PENDING : DONE));
  expect(await follow(service.api, "id-1", { wait: 5 })).toEqual(DONE.body);
  expect(service.sent.map(({ path }) => path)).toEqual(Array(3).fill("/api/predict/id-1"));
  for (const { headers } of service.sent) {
    expect(headers.Prefer).toBe("wait=5");
    expect(headers).not.toHaveProperty("X-API-Key");
  }
  expect(service.pauses.every((pause) => pause >= 1)).toBe(true);
});

test("an outage in the midst of waiting changes nothing", async () => {
  const service = new FakeService((_, place) => (place === 0 ? PENDING : place < 5 ? NOTHING : DONE));
  expect((await follow(service.api, "id-1")).status).toBe("succeeded");
});

test.each([
  [404, "never gave out"],
  [410, "gone"],
])("%i ends the waiting", async (status, said) => {
  const service = new FakeService(() => ({ status, body: { detail: "x" } }));
  await expect(follow(service.api, "id-1")).rejects.toThrow(said);
  expect(service.sent.length).toBe(1);
});

test("who leaves stops asking", async () => {
  const controller = new AbortController();
  const service = new FakeService((_, place) => {
    if (place === 1) controller.abort(new Error("left"));
    return PENDING;
  });
  await expect(follow(service.api, "id-1", { signal: controller.signal })).rejects.toThrow("left");
  expect(service.sent.length).toBe(2);
});

test("erasing shows the key, and says when it is refused", async () => {
  const service = new FakeService((_, place) => ({ status: place === 0 ? 204 : 401, body: { detail: "A key!" } }));
  await erase(service.api, "id-1");
  expect(service.sent[0]).toMatchObject({ method: "DELETE", headers: { "X-API-Key": "the-key" } });
  await expect(erase(service.api, "id-1")).rejects.toThrow(Refused);
});

test("pauses double up to half a minute, and clients do not march in step", () => {
  expect([0, 1, 2, 3, 9].map((tries) => backoff(tries, null, () => 0.5))).toEqual([1, 2, 4, 8, 30]);
  expect(backoff(3, null, () => 0)).toBeCloseTo(6.4);
  expect(backoff(3, null, () => 1)).toBeCloseTo(9.6);
  expect([0, 1].map((chance) => backoff(0, 10, () => chance))).toEqual([10, 12]);
});
