/** What a record fails at: where, and in which words. */
import { expect, test } from "vitest";
import { Checker } from "../src/schema/check";
import { byRow, complained } from "../src/schema/complaints";
import { flatten } from "../src/schema/flatten";
import { sentence } from "../src/schema/messages";
import type { JsonSchema } from "../src/service/types";

function model(properties: Record<string, JsonSchema>, required: string[] = [], more: JsonSchema = {}): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false, ...more };
}

/** "path: message", for each problem. */
function said(schema: JsonSchema, record: unknown): string[] {
  return new Checker(schema).problems(record).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

test.each<[JsonSchema, unknown, string]>([
  [{ type: "number", minimum: 1.5, units: "kg" }, 1, "Must be at least 1.5 kg."],
  [{ type: "number", exclusiveMaximum: 10 }, 10, "Must be less than 10."],
  [{ type: "string", minLength: 3 }, "ab", "Needs at least 3 characters."],
  [{ type: "string", minLength: 3 }, "", "Fill this in."],
  [{ type: "string", maxLength: 2 }, "😀😀😀", "Takes at most 2 characters; these are 3."],
  [{ type: "array", items: {}, minItems: 2 }, [1], "Enter at least 2."],
  [{ type: "array", items: {}, maxItems: 1 }, [1, 2], "Takes at most 1."],
  [{ type: "array", items: {}, uniqueItems: true }, [1, 1], "Name each only once."],
  [{ const: "a" }, "b", "Must be a."],
  [{ enum: [1, true, "a"] }, 2, "Must be one of 1, true, a."],
  [{ enum: [..."abcdefghij"] }, "z", "Must be one of a, b, c, d, e, f, g, h …."],
  [{ type: "boolean" }, "yes", "Must be yes or no."],
  [{ type: ["integer", "string"] }, true, "Must be a whole number or a text."],
  [{ type: "array" }, 1, "Must be a list."],
  [{ type: "object" }, 1, "Must be a group of values."],
  [{ type: "number" }, "", "Fill this in."],
  [{ anyOf: [{ type: "integer" }, { type: "string", maxLength: 2 }] }, "abc", "Is not accepted."],
  [{ type: "number", not: { const: 0 } }, 0, "Is not accepted."],
])("%j says of %j: %s", (field, value, message) => {
  expect(said(model({ x: field }), { x: value })).toEqual([`x: ${message}`]);
});

test("what the service alone judges has its sentence, and what nobody knows one, too", () => {
  expect(sentence("pattern", { pattern: "^A" }, "b")).toBe("Must look like ^A.");
  expect(sentence("format", { format: "date" }, "b")).toBe("Must be a date.");
  expect(sentence("dependentRequired", {}, "b")).toBe("Is not accepted.");
});

test("what is right has no problems", () => {
  const schema = model({ n: { type: "integer" }, list: { type: "array", items: { type: "string" } } }, ["n"]);
  expect(said(schema, { n: 5, list: [] })).toEqual([]);
  expect(said(schema, { n: 5, list: undefined })).toEqual([]); // as the form holds an empty field
});

test("every field that lacks is named, once, and so is each that is wrong", () => {
  const schema = model({ a: {}, b: { type: "number", minimum: 5, multipleOf: 2 }, c: {} }, ["a", "b", "c"]);
  expect(said(schema, { b: 1 })).toEqual(["a: Fill this in.", "b: Must be at least 5.", "c: Fill this in."]);
  expect(said(schema, undefined)).toEqual(["a: Fill this in.", "b: Fill this in.", "c: Fill this in."]);
});

test("a column may be called as a keyword is, or as what every object has", () => {
  for (const name of [
    "anyOf",
    "oneOf",
    "properties",
    "required",
    "items",
    "format",
    "pattern",
    "else",
    "$ref",
    "x y",
  ]) {
    const schema = model({ [name]: { type: "number" } }, [name]);
    expect(said(schema, { [name]: "a" })).toEqual([`${name}: Must be a number, such as 1.5.`]);
    expect(said(schema, {})).toEqual([`${name}: Fill this in.`]);
  }
  expect(said(model({ constructor: { type: "number" } }, ["constructor"]), {})).toEqual(["constructor: Fill this in."]);
});

test.each(["a%20b", "100%", "a~1b", "~", "[x]", "a b/c.d%", "#", "a?b=c&d"])("%s is found inside, too", (name) => {
  const schema = model({ [name]: model({ [name]: { type: "array", items: { type: "number" } } }) });
  const [problem] = new Checker(schema).problems({ [name]: { [name]: [1, "b"] } });
  expect(problem).toMatchObject({ path: [name, name, "1"], message: "Must be a number, such as 1.5." });
});

test("a bad item of a list of texts is the list's problem, and of other lists the item's", () => {
  const texts = { type: "array", items: { type: "string", minLength: 2 } };
  expect(said(model({ x: texts }), { x: ["ab", "c", "d"] })).toEqual(["x: “c”: Needs at least 2 characters."]);
  expect(said(model({ x: texts }), { x: [null] })).toEqual(["x: “null”: Must be a text."]);
  expect(said(model({ x: model({ y: texts }) }), { x: { y: ["c"] } })).toEqual([
    "x.y: “c”: Needs at least 2 characters.",
  ]);
  const rows = { type: "array", items: model({ n: { type: "number" } }, ["n"]) };
  expect(said(model({ x: rows }), { x: [{ n: 1 }, {}, { n: "a" }] })).toEqual([
    "x.1.n: Fill this in.",
    "x.2.n: Must be a number, such as 1.5.",
  ]);
});

const NULL = { type: "null" };
const NODE = model(
  {
    name: { type: "string", maxLength: 3 },
    tags: { type: "array", items: { type: "string", maxLength: 2 } },
    next: { anyOf: [{ $ref: "#/$defs/Node" }, NULL], default: null },
  },
  ["name"],
);
const TREE = flatten(model({ root: { $ref: "#/$defs/Node" } }, ["root"], { $defs: { Node: NODE } }));

test("a tree is checked to its leaves, with the sentences of its own definition", () => {
  const below = (leaf: unknown) => ({ root: { name: "a", next: { name: "b", next: leaf } } });
  expect(said(TREE, below({ name: "c", next: null }))).toEqual([]);
  expect(said(TREE, below({}))).toEqual(["root.next.next.name: Fill this in."]);
  expect(said(TREE, below({ name: "long", tags: ["abc"] }))).toEqual([
    "root.next.next.name: Takes at most 3 characters; these are 4.",
    "root.next.next.tags: “abc”: Takes at most 2 characters; these are 3.",
  ]);
});

test("a null is right where the model takes one, at any depth, and wrong elsewhere", () => {
  const optional = (part: JsonSchema) => ({ anyOf: [part, NULL] });
  const inner = model({
    number: optional({ type: "number", maximum: 9 }),
    choice: optional({ enum: ["a"], type: "string" }),
    only: optional({ const: "a", type: "string" }),
    either: optional({ anyOf: [{ type: "integer" }, { type: "string" }] }),
    list: { type: "array", items: optional({ type: "number" }) },
    plain: { type: "number" },
  });
  const schema = flatten(model({ inner }));
  const nulls = { number: null, choice: null, only: null, either: null, list: [1, null] };
  expect(said(schema, { inner: nulls })).toEqual([]);
  expect(said(schema, { inner: { plain: null } })).toEqual(["inner.plain: Must be a number, such as 1.5."]);
  expect(said(schema, { inner: { number: 10, choice: "b", only: "b", list: ["b"] } })).toEqual([
    "inner.number: Must be at most 9.",
    "inner.choice: Must be one of a.",
    "inner.only: Must be a.",
    "inner.list.0: Must be a number, such as 1.5.",
  ]);
});

test("a complaint stops at the last part that the form shows", () => {
  const schema = model({
    rows: { type: "array", items: model({ n: { type: "number" } }) },
    either: { anyOf: [{ type: "integer" }, { type: "string" }] },
    pair: { type: "array", items: [{ type: "integer" }, { type: "string" }] },
  });
  const of = (...loc: (string | number)[]) =>
    complained([{ loc, msg: "Input should be right!", type: "t" }], schema)[0];
  expect(of("body", "rows", 2, "n")).toEqual({
    path: ["rows", 2, "n"],
    keyword: "t",
    message: "Input should be right!",
  });
  expect(of("body", "either", "int")?.path).toEqual(["either"]);
  expect(of("body", "pair", 1)?.path).toEqual(["pair", 1]);
  expect(of("header", "Idempotency-Key")?.path).toEqual([]);
  expect(of("body", "unknown")?.path).toEqual([]);
});

test("a row's first complaint is what is told of it", () => {
  const complaint = (msg: string, ...loc: (string | number)[]) => ({ loc: ["body", ...loc], msg, type: "t" });
  const rows = byRow([
    complaint("one", 2, "a"),
    complaint("two", 2, "b"),
    complaint("all", 0),
    complaint("in", 1, "a", "b"),
  ]);
  expect([...rows]).toEqual([
    [2, "a: one."],
    [0, "all."],
    [1, "a.b: in."],
  ]);
});
