/** Many records on their way: how they are cut, what is taken up again, and in which order they come back. */
import { expect, test } from "vitest";
import { type Progress, slices, Work } from "../src/batch/slices";
import { Unreachable } from "../src/service/http";
import { Refused } from "../src/service/predict";
import type { JsonRecord } from "../src/service/types";
import { FakeService, NOTHING, type Sent, type Told } from "./fakes";

const LIMITS = { max_records: 4, max_body: 10_000, wait_limit: 5.5 };
const RECORDS: JsonRecord[] = Array.from({ length: 10 }, (_, x) => ({ x }));
const DOUBLES = RECORDS.map(({ x }) => 2 * Number(x));
const RUN = { signal: new AbortController().signal, onProgress: () => undefined, onTrouble: () => undefined };

/** Doubles each `x`. `disturb` may answer in its place, knowing the records that are asked for. */
function doubling(disturb: (sent: Sent, records: any[]) => Told | typeof NOTHING | null = () => null) {
  const accepted = new Map<string, any[]>();
  const service = new FakeService((sent) => {
    const key = sent.headers["Idempotency-Key"] ?? sent.path.split("/").at(-1) ?? "";
    const records = sent.body ?? accepted.get(key);
    const told = disturb(sent, records);
    if (told) return told;
    if (sent.method === "POST") {
      accepted.set(key, records);
      return { status: 202, body: { prediction_id: key } };
    }
    const result = records.map(({ x }: any) => ({ prediction: 2 * x }));
    return { status: 200, body: { prediction_id: key, status: "succeeded", result } };
  });
  const posted = () =>
    service.sent.filter(({ method }) => method === "POST").map(({ body }) => body.map(({ x }: any) => x));
  return { service, accepted, posted };
}

const answers = (work: Work) =>
  work.answers.map((row) => (row && "prediction" in row ? row.prediction : row?.error.code));

test("a slice fills nine tenths of a body, in bytes, commas included", () => {
  const record = { t: "é".repeat(10) }; // {"t":"…"} is 8 + 20 bytes, and a comma
  const three = (max_body: number) => slices(Array(3).fill(record), { ...LIMITS, max_body });
  expect(three(100)).toEqual([[0, 1, 2]]); // 3 * 29 = 87 of 90
  expect(three(96)).toEqual([[0, 1], [2]]); // of 86.4
});

test("a record that is too long by itself travels alone, and nothing makes no slice", () => {
  const records = [{ t: "a" }, { t: "x".repeat(500) }, { t: "b" }];
  expect(slices(records, { ...LIMITS, max_body: 100 })).toEqual([[0], [1], [2]]);
  expect(slices([], LIMITS)).toEqual([]);
  expect(slices([null, null], LIMITS)).toEqual([]);
});

test("every row is in one slice, and no slice is over the limits", () => {
  const records = Array.from({ length: 500 }, (_, n) => ({ t: "x".repeat((n * 37) % 90) }));
  const limits = { ...LIMITS, max_records: 20, max_body: 1000 };
  const cut = slices(records, limits);
  expect(cut.flat()).toEqual(records.map((_, n) => n));
  for (const rows of cut) {
    expect(rows.length).toBeLessThanOrEqual(20);
    expect(JSON.stringify(rows.map((row) => records[row])).length).toBeLessThanOrEqual(1000);
  }
});

test("each slice has its own key, waits whole seconds, and rows without a record are not sent", async () => {
  const { service, posted } = doubling();
  const work = new Work(service.api, [RECORDS[0] ?? null, null, ...RECORDS.slice(2)], LIMITS);
  const heard: Progress[] = [];
  await work.run({ ...RUN, onProgress: (progress) => heard.push(progress) });
  expect(posted().flat().sort()).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(answers(work)).toEqual([0, undefined, ...DOUBLES.slice(2)]);
  const posts = service.sent.filter(({ method }) => method === "POST");
  expect(new Set(posts.map(({ headers }) => headers["Idempotency-Key"])).size).toBe(posts.length);
  expect(service.sent.find(({ method }) => method === "GET")?.headers.Prefer).toBe("wait=5");
  expect(heard.at(-1)).toEqual({ sent: 9, answered: 9 });
  for (const { sent, answered } of heard) expect(answered).toBeLessThanOrEqual(sent);
});

test("the ids stand in the order of the rows, though the first slice is the last to end", async () => {
  let turns = 0;
  const { service, accepted } = doubling((sent, records) =>
    sent.method === "GET" && records[0].x === 0 && ++turns < 20
      ? { status: 200, body: { prediction_id: "later", status: "pending" } }
      : null,
  );
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect([...work.predictions.keys()][0]).not.toBe(work.ids[0]); // it did end later
  expect(work.ids.map((id) => accepted.get(id)?.[0].x)).toEqual([0, 4, 8]);
  expect(answers(work)).toEqual(DOUBLES);
});

test("a prediction that fails, or is cancelled, is the failure of its rows", async () => {
  const { service } = doubling((sent, records) => {
    if (sent.method === "POST") return null;
    if (records[0].x === 0) {
      const error = { code: "model_error", message: "Broken." };
      return { status: 200, body: { prediction_id: "f", status: "failed", error } };
    }
    return records[0].x === 4 ? { status: 200, body: { prediction_id: "c", status: "cancelled" } } : null;
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect(answers(work)).toEqual([...Array(4).fill("model_error"), ...Array(4).fill("cancelled"), 16, 18]);
  expect(work.finished).toBe(true);
});

test("a 422 that names no row is the failure of its slice, in the service's words", async () => {
  const detail = [{ loc: ["body"], msg: "Not today", type: "t" }];
  const { service } = doubling((sent, records) =>
    sent.method === "POST" && records[0].x === 4 ? { status: 422, body: { detail } } : null,
  );
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect(answers(work)).toEqual([0, 2, 4, 6, ...Array(4).fill("refused"), 16, 18]);
  expect(work.answers[4]).toMatchObject({ error: { message: "Not today." } });
});

test("a slice of which every row is named is not sent again, and other rows under a new key", async () => {
  const { service, posted } = doubling((sent, records) => {
    const bad = sent.method === "POST" ? records.flatMap(({ x }, row) => (x < 5 ? [row] : [])) : [];
    const detail = bad.map((row) => ({ loc: ["body", row, "x"], msg: "Too small", type: "t" }));
    return bad.length ? { status: 422, body: { detail } } : null;
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect(answers(work)).toEqual([...Array(5).fill("refused"), 10, 12, 14, 16, 18]);
  expect(posted().filter((rows) => rows.includes(0))).toEqual([[0, 1, 2, 3]]);
  expect(posted().filter((rows) => rows.includes(5))).toEqual([
    [4, 5, 6, 7],
    [5, 6, 7],
  ]);
  const keys = service.sent.flatMap(({ headers }) => headers["Idempotency-Key"] ?? []);
  expect(new Set(keys).size).toBe(keys.length);
});

test("one record that is too large by itself fails alone, and halves are counted once", async () => {
  const { service, posted } = doubling((sent, records) => {
    const over = sent.method === "POST" && records.some(({ x }) => x === 2);
    return over ? { status: 413, body: { detail: "Too much." } } : null;
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  let last: Progress | null = null;
  await work.run({
    ...RUN,
    onProgress: (progress) => {
      last = progress;
    },
  });
  expect(answers(work)).toEqual([0, 2, "too_large", ...DOUBLES.slice(3)]);
  expect(posted().filter((rows) => rows.includes(2))).toEqual([[0, 1, 2, 3], [2, 3], [2]]);
  expect(last).toEqual({ sent: 10, answered: 10 });
});

test("answers that are too large together come in parts, down to a single row's failure", async () => {
  const { service } = doubling((sent, records) => {
    const over = sent.method === "GET" && records.some(({ x }) => x === 9);
    const error = { code: "result_too_large", message: "Too large." };
    return over ? { status: 200, body: { prediction_id: "big", status: "failed", error } } : null;
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  let last: Progress | null = null;
  await work.run({
    ...RUN,
    onProgress: (progress) => {
      last = progress;
    },
  });
  expect(answers(work)).toEqual([...DOUBLES.slice(0, 9), "result_too_large"]);
  expect(last).toEqual({ sent: 10, answered: 10 });
});

test("what was accepted before an outage is followed after it, and not sent again", async () => {
  let down = true;
  const { service, posted } = doubling((sent) => (down && sent.method === "GET" ? NOTHING : null));
  const work = new Work(service.api, RECORDS, LIMITS);
  await expect(work.run(RUN)).rejects.toThrow(Unreachable);
  expect(work.finished).toBe(false);
  expect(work.ids).toEqual([]);
  down = false;
  await work.run(RUN);
  expect(answers(work)).toEqual(DOUBLES);
  expect(posted().flat().sort()).toEqual(RECORDS.map(({ x }) => x)); // each once
});

test("who stops keeps what is answered, and goes on with the rest under the same keys", async () => {
  const controller = new AbortController();
  let stopped = false;
  const { service, accepted } = doubling((sent, records) => {
    if (stopped || sent.method !== "POST" || records[0].x !== 8) return null;
    stopped = true;
    controller.abort();
    return NOTHING;
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  await expect(work.run({ ...RUN, signal: controller.signal })).rejects.toThrow();
  expect(work.finished).toBe(false);
  const [aborted] = service.sent.filter(({ body }) => body?.[0].x === 8);
  await work.run(RUN);
  expect(answers(work)).toEqual(DOUBLES);
  expect(accepted.has(aborted?.headers["Idempotency-Key"] ?? "")).toBe(true);
  expect(accepted.size).toBe(3);
});

test("a missing key stops the work, which goes on with one", async () => {
  let locked = true;
  const { service } = doubling((sent) =>
    locked && sent.method === "POST" ? { status: 401, body: { detail: "A key, please." } } : null,
  );
  const work = new Work(service.api, RECORDS, LIMITS);
  await expect(work.run(RUN)).rejects.toThrow(Refused);
  locked = false;
  await work.run(RUN);
  expect(answers(work)).toEqual(DOUBLES);
});
