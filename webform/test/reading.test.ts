/** Files as people have them: other programs' signs, columns in other words, cells that lack, many rows. */
import { expect, test } from "vitest";
import { convert, OMIT } from "../src/batch/cells";
import { match } from "../src/batch/columns";
import { readFile, Unreadable } from "../src/batch/read";
import { flatten, NULLABLE } from "../src/schema/flatten";
import type { JsonSchema } from "../src/service/types";

const SCHEMA = flatten({
  type: "object",
  properties: {
    x: { type: "number", maximum: 9 },
    name: { type: "string", default: "nobody" },
    note: { anyOf: [{ type: "string" }, { type: "null" }] },
  },
  required: ["x", "note"],
  additionalProperties: false,
});
const TEXT = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

function read(content: BlobPart, schema: JsonSchema = SCHEMA, signal?: AbortSignal) {
  return readFile(new Blob([content]), schema, () => undefined, signal);
}

test("a spelling that is right goes before one that is alike", () => {
  const schema = { properties: { "size.cm": {}, SizeCM: {} }, required: [] };
  expect(match(["SizeCM", "size.cm"], schema).fields).toEqual(["SizeCM", "size.cm"]);
  expect(match(["SizeCM", "Size (cm)"], schema).fields).toEqual(["SizeCM", "size.cm"]);
});

test("columns of other alphabets are told apart, and those without a name fill nothing", () => {
  const schema = { properties: { größe: {}, gruße: {}, 大きさ: {} }, required: ["größe"] };
  expect(match(["Größe", "大きさ", "", "--"], schema)).toEqual({
    fields: ["größe", "大きさ", null, null],
    unknown: ["", "--"],
    missing: [],
    twice: [],
  });
});

test("two columns that are alike would fill one field", () => {
  const schema = { properties: { "a b": {} }, required: ["a b"] };
  expect(match(["A_B", "ab"], schema).twice).toEqual(["a b"]);
  expect(match(["a b", "a_b"], schema)).toMatchObject({ fields: ["a b", null], twice: [] });
});

test.each<[string, JsonSchema, unknown]>([
  ["-.5e-2", { type: "number" }, -0.005],
  ["+3", { type: "integer" }, 3],
  ["1e400", { type: "string" }, "1e400"],
  ["NaN", { type: "number" }, "NaN"],
  ["0x10", { type: "number" }, "0x10"],
  ["1 000", { type: "number" }, "1 000"],
  [" on ", { type: "boolean" }, true],
  ["0", { type: "boolean" }, false],
  ["maybe", { type: "boolean" }, "maybe"],
  [" kept ", { type: "string" }, " kept "],
  ["true", { enum: [true, false] }, true],
  ["1", { const: 1 }, 1],
  ["1", { const: "1" }, "1"],
  ["1", { anyOf: [{ type: "integer" }, { type: "string" }] }, "1"],
  ["1", { anyOf: [{ type: "integer" }, { type: "boolean" }] }, 1],
  ['{"a": 1}', { type: "object" }, { a: 1 }],
  ['{"a": 1}', { $ref: "#/$defs/A" }, { a: 1 }],
  ["[1, null]", { type: "array" }, [1, null]],
  ["[1,", { type: "array" }, "[1,"],
  ["anything", {}, "anything"],
])("the cell %j of %j is %j", (cell, field, value) => {
  expect(convert(cell, field, true)).toEqual(value);
});

test("an empty cell is a null where that is allowed, else left out, else what the check refuses", () => {
  expect(convert("", { type: "number", [NULLABLE]: true }, true)).toBeNull();
  expect(convert("", { type: "number" }, false)).toBe(OMIT);
  expect(convert("", { type: "number" }, true)).toBe("");
});

test("empty cells of a file become nulls and defaults", async () => {
  const { records, problems } = await read("x,name,note\n1,,\n2,b,c\n");
  expect(records).toEqual([
    { x: 1, note: null },
    { x: 2, name: "b", note: "c" },
  ]);
  expect(problems.size).toBe(0);
});

test.each([
  ["commas", "x,note\n1,a\n"],
  ["a byte order mark", "\uFEFFx,note\n1,a\n"],
  ["semicolons", "x;note\n1;a\n"],
  ["tabs", "x\tnote\n1\ta\n"],
  ["Windows' ends of lines", "x,note\r\n1,a\r\n"],
  ["an old Mac's ends of lines", "x,note\r1,a\r"],
  ["quotes around everything", '"x","note"\n"1","a"\n'],
  ["no end of the last line", "x,note\n1,a"],
  ["blank lines", "\n\nx,note\n\n1,a\n\n"],
])("a file with %s", async (_, content) => {
  const { records, problems, header, encoding } = await read(content);
  expect(header).toEqual(["x", "note"]);
  expect(records).toEqual([{ x: 1, note: "a" }]);
  expect([...problems]).toEqual([]);
  expect(encoding).toBeNull();
});

test("quoted cells hold commas, quotes and ends of lines", async () => {
  const { records } = await read('x,note\n1,"a, ""b""\nc"\n');
  expect(records).toEqual([{ x: 1, note: 'a, "b"\nc' }]);
});

test("Windows-1252 is guessed where the bytes are no UTF-8, and told", async () => {
  // no € and no curly quotes: Node 20 takes windows-1252 for latin1 where they stand, which browsers do not
  const { records, encoding } = await read(Uint8Array.from(Buffer.from("x;note\n1;f\xfcr 5 \xa3\n", "latin1")));
  expect(records).toEqual([{ x: 1, note: "für 5 £" }]);
  expect(encoding).toBe("Windows-1252");
});

test("rows keep their places, whatever is wrong with the ones before", async () => {
  const { records, problems, cells } = await read("x,note,id\n1,a,7\n2,b\n\n99,c,8\n,d,9\n3,e,10,11\n4,f,12\n");
  expect(cells.length).toBe(6);
  expect(records).toEqual([{ x: 1, note: "a" }, null, null, null, null, { x: 4, note: "f" }]);
  expect([...problems]).toEqual([
    [1, "The row has 2 cells, and there are 3 columns."],
    [2, "x: Must be at most 9."],
    [3, "x: Fill this in."],
    [4, "The row has 4 cells, and there are 3 columns."],
  ]);
});

test("the signs in an only column's texts divide nothing", async () => {
  for (const text of ["Great; loved it; again", "a | b | c", "a\tb\tc"]) {
    const { records } = await read(`text\n${text}\n${text}\n`, TEXT);
    expect(records).toEqual([{ text }, { text }]);
  }
  expect((await read('text\n"a, b"\nc\n', TEXT)).records).toEqual([{ text: "a, b" }, { text: "c" }]);
  expect((await read("text\na, b\n", TEXT)).problems.size).toBe(1); // the service itself reads two cells
});

test("a list with a gap is what its model takes", async () => {
  const items = { anyOf: [{ type: "number" }, { type: "null" }] };
  const schema = flatten({ type: "object", properties: { list: { type: "array", items } }, required: ["list"] });
  const { records } = await read('list\n"[1, null, 2.5]"\n', schema);
  expect(records).toEqual([{ list: [1, null, 2.5] }]);
});

test("ten thousand rows are read in their order, with rests in which the page is told", async () => {
  const rows = Array.from({ length: 10_000 }, (_, n) => `${n % 11},row ${n}`);
  const told: number[] = [];
  const file = new Blob([`x,note\n${rows.join("\n")}`]);
  const { records, problems } = await readFile(file, SCHEMA, (done, of) => told.push(done / of));
  expect(records.length).toBe(10_000);
  expect(records[9_999]).toEqual({ x: 9_999 % 11, note: "row 9999" });
  expect(problems.size).toBe(rows.filter((row) => row.startsWith("10,")).length);
  expect(told.length).toBeGreaterThan(0);
  expect(told).toEqual([...told].sort((a, b) => a - b));
});

test("who goes away stops the reading", async () => {
  const content = `x,note\n${"1,a\n".repeat(10_000)}`;
  await expect(read(content, SCHEMA, AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
});

test("what is no table is told, with what to do", async () => {
  await expect(read("\n\n")).rejects.toThrow("The file is empty");
  await expect(read('x,note\n1,"a\n2,b\n')).rejects.toThrow("quotation mark that does not end");
  const huge = { size: 50 * 1024 * 1024 + 1 } as Blob;
  const error = await readFile(huge, SCHEMA, () => undefined).catch((error) => error);
  expect(error).toBeInstanceOf(Unreadable);
  expect(error.message).toContain("cli predict FILE");
});
