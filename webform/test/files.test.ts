/** A file: its columns, cells and rows, and the slices that it travels in. */
import { expect, test } from "vitest";
import { convert, OMIT } from "../src/batch/cells";
import { match } from "../src/batch/columns";
import { readFile, Unreadable } from "../src/batch/read";
import { slices, Work } from "../src/batch/slices";
import { NULLABLE } from "../src/schema/flatten";
import type { JsonRecord } from "../src/service/types";
import { FakeService, NOTHING, type Sent } from "./fakes";

const SCHEMA = {
  type: "object",
  properties: {
    "size (cm)": { type: "number", maximum: 9, title: "Size" },
    note: { type: "string", [NULLABLE]: true, title: "Remark" },
    vip: { type: "boolean" },
  },
  required: ["size (cm)", "vip"],
  additionalProperties: false,
};
const LIMITS = { max_records: 4, max_body: 10_000, wait_limit: 5 };

function read(text: string | Uint8Array<ArrayBuffer>, schema = SCHEMA) {
  return readFile(new Blob([text]), schema, () => undefined);
}

test("columns are found by their name, then by one that is spelled otherwise, then by their title", () => {
  const matched = match(["SIZE_CM", "Remark", "vip ", "id"], SCHEMA);
  expect(matched.fields).toEqual(["size (cm)", "note", "vip", null]);
  expect(matched).toMatchObject({ unknown: ["id"], missing: [], twice: [] });
  expect(match(["note"], SCHEMA).missing).toEqual(["size (cm)", "vip"]);
  expect(match(["vip", "vip"], SCHEMA).twice).toEqual(["vip"]);
});

test.each([
  ["", { type: "number", [NULLABLE]: true }, false, null],
  ["", { type: "number" }, false, OMIT],
  ["", { type: "string" }, true, ""],
  ["1e3", { type: "number" }, true, 1000],
  [" 2. ", { type: "number" }, true, 2],
  ["5,1", { type: "number" }, true, "5,1"],
  ["True", { type: "boolean" }, true, true],
  ["no", { type: "boolean" }, true, false],
  ["007", { type: "string" }, true, "007"],
  ['["a", "b"]', { type: "array" }, true, ["a", "b"]],
  ["2", { enum: [1, 2] }, true, 2],
  ["b", { enum: ["a", "b"] }, true, "b"],
])("the cell %j of %j", (cell, field, required, value) => {
  expect(convert(cell, field, required)).toEqual(value);
});

test("rows are read as the service would, and bad ones are told by their place", async () => {
  const found = await read('\uFEFFsize (cm),note,vip\n1.5,"a, b",true\n\n99,,no\n2\n,x,1\n');
  expect(found.records[0]).toEqual({ "size (cm)": 1.5, note: "a, b", vip: true });
  expect([...found.problems]).toEqual([
    [1, "size (cm): Must be at most 9."],
    [2, "The row has 1 cell, and there are 3 columns."],
    [3, "size (cm): Fill this in."],
  ]);
  expect(found.encoding).toBeNull();
});

test("other programs' files are read, too", async () => {
  const latin = new Uint8Array([...new TextEncoder().encode("size (cm);vip;note\n1;1;"), 0xe9]);
  const found = await read(latin);
  expect(found.encoding).toBe("Windows-1252");
  expect(found.records[0]).toEqual({ "size (cm)": 1, vip: true, note: "é" });
});

test.each([
  ["", "The file is empty"],
  ["a,b\n", "no other"],
  ['a,b\n"1,2\n', "quotation mark"],
])("%j is told to be no use", async (text, said) => {
  await expect(read(text)).rejects.toThrow(Unreadable);
  await expect(read(text)).rejects.toThrow(said);
});

test("slices hold to both limits, and rows without a record are in none", () => {
  const records = Array.from({ length: 10 }, (_, x) => (x === 3 ? null : { x }));
  expect(slices(records, LIMITS)).toEqual([[0, 1, 2, 4], [5, 6, 7, 8], [9]]);
  const wide = Array.from({ length: 3 }, () => ({ text: "é".repeat(40) }));
  expect(slices(wide, { ...LIMITS, max_body: 200 })).toEqual([[0], [1], [2]]);
});

/** Accepts what it is sent, and answers twice the `x` of each record. */
function doubling(disturb: (sent: Sent, place: number) => any = () => null) {
  const accepted = new Map<string, any[]>();
  const keys = new Map<string, string>();
  const service = new FakeService((sent, place) => {
    const told = disturb(sent, place);
    if (told && !told.after) return told;
    if (sent.method === "POST") {
      const key = sent.headers["Idempotency-Key"] ?? "";
      const id = keys.get(key) ?? `id-${keys.size + 1}`;
      keys.set(key, id);
      accepted.set(id, sent.body);
      return told?.after ?? { status: 202, body: { prediction_id: id } };
    }
    const id = sent.path.split("/").at(-1) ?? "";
    const result = accepted.get(id)?.map(({ x }) => ({ prediction: 2 * x }));
    return { status: 200, body: { prediction_id: id, status: "succeeded", result } };
  });
  return { service, accepted };
}

const RECORDS: JsonRecord[] = Array.from({ length: 10 }, (_, x) => ({ x }));
const RUN = { signal: new AbortController().signal, onProgress: () => undefined, onTrouble: () => undefined };
const predictions = (work: Work) =>
  work.answers.map((row) => (row && "prediction" in row ? row.prediction : row?.error.code));

test("a file comes back in the order of its rows", async () => {
  const { service } = doubling();
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect(predictions(work)).toEqual(RECORDS.map(({ x }) => 2 * Number(x)));
  expect(work.finished).toBe(true);
  expect(work.ids.length).toBe(3);
});

test("rows that the service names are theirs, and the others are sent again", async () => {
  const { service } = doubling((sent) => {
    const bad = sent.method === "POST" ? sent.body.findIndex(({ x }: any) => x === 5) : -1;
    if (bad < 0) return null;
    return { status: 422, body: { detail: [{ loc: ["body", bad, "x"], msg: "Not five", type: "value_error" }] } };
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect(predictions(work)).toEqual([0, 2, 4, 6, 8, "refused", 12, 14, 16, 18]);
  expect(work.answers[5]).toEqual({ error: { code: "refused", message: "x: Not five." } });
});

test.each([
  [
    "413",
    (sent: Sent) => sent.method === "POST" && sent.body.length > 1 && { status: 413, body: { detail: "Too much" } },
  ],
  [
    "result_too_large",
    (sent: Sent, _: number, size: number) =>
      sent.method === "GET" &&
      size > 1 && {
        status: 200,
        body: { prediction_id: "x", status: "failed", error: { code: "result_too_large", message: "" } },
      },
  ],
])("what is too large (%s) is halved until it fits", async (_, disturb) => {
  const sizes = new Map<string, number>();
  const { service, accepted } = doubling((sent, place) => {
    const id = sent.path.split("/").at(-1) ?? "";
    return disturb(sent, place, accepted.get(id)?.length ?? sizes.size);
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  await work.run(RUN);
  expect(predictions(work)).toEqual(RECORDS.map(({ x }) => 2 * Number(x)));
});

test("after an outage it goes on where it stopped, and nothing is accepted twice", async () => {
  let down = false;
  let before = true;
  const { service, accepted } = doubling((sent) => {
    if (down) return NOTHING;
    if (before && sent.method === "POST" && sent.body.some(({ x }: any) => x === 9)) {
      before = false;
      down = true;
      return { after: NOTHING }; // it was accepted, and nobody heard of it
    }
    return null;
  });
  const work = new Work(service.api, RECORDS, LIMITS);
  await expect(work.run(RUN)).rejects.toThrow("can't be reached");
  expect(work.finished).toBe(false);
  down = false;
  await work.run(RUN);
  expect(predictions(work)).toEqual(RECORDS.map(({ x }) => 2 * Number(x)));
  expect(accepted.size).toBe(3);
});
