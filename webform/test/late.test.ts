/** What was found late: odd numbers, gone slices, other programs' encodings, classes that are numbers. */
import { expect, test } from "vitest";
import { isClass, likelihood, named, outcome, percent, shown } from "../src/answer/value";
import { Job } from "../src/batch/job";
import { readFile } from "../src/batch/read";
import { Checker } from "../src/schema/check";
import { dress, incoming } from "../src/schema/dress";
import { History } from "../src/service/kept";
import { Refused } from "../src/service/predict";
import { followAll } from "../src/service/together";
import { FakeService } from "./fakes";

const SCHEMA = { type: "object", properties: { n: { type: "integer" }, x: { type: "number" } }, required: ["n"] };
const LIMITS = { max_records: 2, max_body: 1000, wait_limit: 5 };

const read = (bytes: BlobPart) => readFile(new Blob([bytes]), SCHEMA, () => undefined);

test.each([
  [{ n: 2 ** 53 }, ["n", "Is a larger number than a browser can send: `cli predict` can."]],
  [{ n: 1, x: Number.POSITIVE_INFINITY }, ["x", "Is too large a number."]],
])("%j may not pass unseen", (record, [field, message]) => {
  expect(new Checker(SCHEMA).problems(record)).toMatchObject([{ path: [field], message }]);
});

test("a large number that is no whole one is sent", () => {
  expect(new Checker(SCHEMA).problems({ n: 2 ** 53 - 1, x: 1e300 })).toEqual([]);
});

test.each([
  ["utf-16le", [0xff, 0xfe], (code: number) => [code & 255, code >> 8]],
  ["utf-16be", [0xfe, 0xff], (code: number) => [code >> 8, code & 255]],
] as const)("a file in %s, as a spreadsheet saves text", async (_, mark, bytes) => {
  const text = "n\tgröße\n1\tx\n";
  const file = new Uint8Array([...mark, ...[...text].flatMap((sign) => bytes(sign.charCodeAt(0)))]);
  const found = await read(file);
  expect(found.header).toEqual(["n", "größe"]);
  expect(found.encoding).toBe("UTF-16");
  expect(found.records).toEqual([{ n: 1 }]);
});

test.each([
  ['n,x\n1,2\n3,"a"b\n', "Row 2 of the file has a quotation mark inside a cell"],
  ['"n"s,x\n1,2\n', "The first row of the file has a quotation mark inside a cell"],
  [`n\n${"1\n".repeat(200_001)}`, "This file has 200,001 rows"],
])("a file that is no use is told why", async (text, said) => {
  await expect(read(text)).rejects.toThrow(said);
});

test("numbers keep their digits, and classes are names", () => {
  expect(shown(1_234_567.8)).toBe("1,234,567.8");
  expect(shown(0.123456789)).toBe("0.123457");
  expect(named(2026)).toBe("2026");
  expect(outcome({ prediction: 2026, probabilities: { "2026": 1 } })).toBe("2026");
  expect(percent(0.9999)).toBe("> 99.9 %");
  expect(percent(1)).toBe("100 %");
  expect(isClass("1.0", 1)).toBe(true);
  expect(isClass("True", true)).toBe(true);
  expect(isClass("", 0)).toBe(false);
  expect(likelihood({ prediction: 1, probabilities: { "0.0": 0.25, "1.0": 0.75 } })).toBe(0.75);
});

test("nulls of models inside are empty fields, too", () => {
  expect(incoming({ a: null, b: { c: null, d: 1 }, e: [{ f: null }] })).toEqual({ b: { d: 1 }, e: [{}] });
});

test("what a field begins with may be called example", () => {
  const form = { home: [], order: [], fields: { x: { example: 2, value: 1 } } };
  expect(dress(SCHEMA, form).schema.properties.x.default).toBe(2);
});

test("of several predictions a few are asked at once, and one that is gone is its own failure", async () => {
  let asked = 0;
  let most = 0;
  const service = new FakeService(({ path }) => {
    asked += 1;
    most = Math.max(most, asked);
    queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => (asked -= 1))));
    if (path.endsWith("/3")) return { status: 410, body: { detail: "gone" } };
    return { status: 200, body: { prediction_id: path.at(-1), status: "succeeded", result: [] } };
  });
  const ids = [..."0123456789"];
  const found = await followAll(service.api, ids, {});
  expect(found.map(({ prediction_id }) => prediction_id)).toEqual(ids);
  expect(found[3]?.error).toMatchObject({ code: "gone", message: expect.stringContaining("This prediction is gone") });
  expect(most).toBeLessThanOrEqual(4);
  await expect(followAll(service.api, ["3", "3"], {})).rejects.toThrow(Refused);
});

test("a job that is stopped can be read again, and goes on", async () => {
  const events = new Map<string, (event: any) => void>();
  Object.assign(globalThis, {
    addEventListener: (kind: string, act: (event: any) => void) => events.set(kind, act),
    removeEventListener: (kind: string) => events.delete(kind),
  });
  const kept: Record<string, string> = {};
  const store = {
    getItem: (name: string) => kept[name] ?? null,
    setItem: (name: string, text: string) => (kept[name] = text),
  };
  const history = new History("https://api.test", store as unknown as Storage);
  let asks = 0;
  const service = new FakeService(({ method, path }) => {
    asks += 1;
    if (asks === 3) job.stop();
    if (method === "POST") return { status: 202, body: { prediction_id: `id-${asks}` } };
    return {
      status: 200,
      body: {
        prediction_id: path.split("/").at(-1),
        status: "succeeded",
        result: [{ prediction: 1 }, { prediction: 2 }],
      },
    };
  });
  const job = new Job(service.api, LIMITS, history, await read("n\n1\n2\n3\n4\n5\n6\n7\n8\n"), "eight.csv");
  let drawn = 0;
  job.watch(() => {
    drawn += 1;
  });
  const first = job.run();
  expect([...events.keys()]).toEqual(["beforeunload", "pagehide"]);
  await first;
  expect(job.stopped).toBe("You stopped it.");
  expect(events.size).toBe(0);
  await job.run();
  expect(job.finished).toBe(true);
  expect(job.stopped).toBeNull();
  expect(history.all()).toMatchObject([{ ids: job.work.ids, asked: "eight.csv", answer: "8 rows" }]);
  expect(drawn).toBeGreaterThan(4);
});

test("a union's kinds have names, and a choice of numbers says nothing of whole numbers", () => {
  const union = {
    type: "object",
    properties: { a: { anyOf: [{ type: "integer" }, { type: "string" }] }, n: { type: "integer", enum: [1, 2] } },
  };
  const { schema, uiSchema } = dress(union, { home: [], order: [], fields: {} });
  expect(schema.properties.a.anyOf.map(({ title }: { title: string }) => title)).toEqual(["Whole number", "Text"]);
  expect(uiSchema.n["ui:help"]).toBeUndefined();
});
