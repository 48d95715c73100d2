/** From pydantic's schema to a form's: what a field becomes, what is refused, and in which words. */
import { expect, test } from "vitest";
import { Checker } from "../src/schema/check";
import { byRow, complained } from "../src/schema/complaints";
import { dress, incoming, outgoing } from "../src/schema/dress";
import { flatten, NULLABLE } from "../src/schema/flatten";
import type { JsonSchema } from "../src/service/types";

const NO_FORM = { home: [], fields: {}, order: [] };

function object(properties: Record<string, JsonSchema>, required: string[] = [], more: JsonSchema = {}): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false, ...more };
}

function flat(field: JsonSchema, $defs: JsonSchema = {}): JsonSchema {
  return flatten(object({ x: field }, ["x"], { $defs })).properties.x;
}

test.each<[string, JsonSchema, JsonSchema]>([
  [
    "an optional number",
    { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }], default: null, title: "X" },
    { type: "number", minimum: 0, title: "X", [NULLABLE]: true },
  ],
  [
    "an optional choice",
    { anyOf: [{ enum: ["a", "b"], type: "string" }, { type: "null" }] },
    { enum: ["a", "b"], type: "string", [NULLABLE]: true },
  ],
  ["a choice with null", { enum: ["a", null] }, { enum: ["a"], [NULLABLE]: true }],
  ["a Decimal", { anyOf: [{ type: "number" }, { type: "string", pattern: "^\\d+$" }] }, { type: "number" }],
  [
    "a Decimal with bounds",
    { anyOf: [{ type: "number", minimum: 0 }, { type: "string" }] },
    { type: "number", minimum: 0 },
  ],
  ["int | float", { anyOf: [{ type: "integer" }, { type: "number" }] }, { type: "number" }],
  [
    "int | str",
    { anyOf: [{ type: "integer" }, { type: "string" }] },
    { anyOf: [{ type: "integer" }, { type: "string" }] },
  ],
  ["two types", { type: ["string", "null"] }, { type: "string", [NULLABLE]: true }],
  [
    "a tuple",
    { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], minItems: 2, maxItems: 2 },
    {
      type: "array",
      items: [{ type: "integer" }, { type: "string" }],
      minItems: 2,
      maxItems: 2,
      additionalItems: false,
    },
  ],
])("%s", (_, field, expected) => {
  expect(flat(field)).toEqual(expected);
});

test("models inside are put in their place, and a tree of itself stays one", () => {
  const place = object({ city: { type: "string" } }, ["city"]);
  expect(flat({ $ref: "#/$defs/Place", title: "From" }, { Place: place })).toEqual({ ...place, title: "From" });
  const node = object({ name: { type: "string" }, next: { anyOf: [{ $ref: "#/$defs/Node" }, { type: "null" }] } });
  const tree = flatten(object({ root: { $ref: "#/$defs/Node" } }, ["root"], { $defs: { Node: node } }));
  expect(tree.$defs.Node.properties.next).toMatchObject({ $ref: "#/$defs/Node", [NULLABLE]: true });
  expect(new Checker(tree).problems({ root: { name: "a", next: { name: "b" } } })).toEqual([]);
});

test("form.yml dresses the fields, and the schema does where it says nothing", () => {
  const schema = object(
    { a: { type: "number", minimum: 1, maximum: 9, units: "cm", examples: [5] }, b: { type: "string" } },
    ["a", "b"],
  );
  const fields = { b: { title: "Bee", help: "Short", placeholder: "buzz", value: "hum", widget: "textarea" } };
  const dressed = dress(schema, { home: [], fields, order: ["b"] });
  expect(dressed.uiSchema["ui:order"]).toEqual(["b", "*"]);
  expect(dressed.uiSchema.a).toEqual({ "ui:units": "cm", "ui:placeholder": "such as 5", "ui:help": "1 to 9 cm" });
  expect(dressed.uiSchema.b).toMatchObject({ "ui:widget": "textarea", "ui:help": "Short", "ui:placeholder": "buzz" });
  expect(dressed.schema.properties.b).toMatchObject({ title: "Bee", default: "hum" });
});

test.each<[string, JsonSchema, string | undefined]>([
  ["a short text among others", { type: "string", maxLength: 20 }, undefined],
  ["a long text", { type: "string", maxLength: 2000 }, "textarea"],
  ["a list of texts", { type: "array", items: { type: "string" } }, "words"],
  ["a list of choices", { type: "array", items: { type: "string", enum: ["a"] } }, "checkboxes"],
  ["a list of numbers", { type: "array", items: { type: "number" } }, undefined],
  ["yes, no or neither", { type: "boolean", [NULLABLE]: true }, "select"],
  ["a date", { type: "string", format: "date" }, undefined],
])("the input of %s", (_, field, widget) => {
  const { uiSchema } = dress(object({ x: field, other: { type: "number" } }), NO_FORM);
  expect(uiSchema.x["ui:widget"]).toBe(widget);
});

test("an only text has room, and a box without a tick is a no", () => {
  expect(dress(object({ x: { type: "string" } }), NO_FORM).uiSchema.x["ui:widget"]).toBe("textarea");
  expect(dress(object({ x: { type: "boolean" } }, ["x"]), NO_FORM).schema.properties.x.default).toBe(false);
});

test("an empty field is left out, or is a null where one is asked for", () => {
  const original = object({ a: {}, b: { anyOf: [{ type: "number" }, { type: "null" }] } }, ["a", "b"]);
  const schema = flatten(original);
  expect(outgoing({ a: 1 }, schema, original)).toEqual({ a: 1, b: null });
  expect(outgoing({ a: 1 }, schema, { ...original, required: ["a"] })).toEqual({ a: 1 });
  expect(incoming({ a: 1, b: null })).toEqual({ a: 1 });
});

test.each<[JsonSchema, unknown, string]>([
  [{ type: "number" }, "5,1", "Must be a number, such as 1.5."],
  [{ type: "integer" }, 1.5, "Must be a whole number."],
  [{ type: "number", maximum: 4000, units: "cm" }, 5000, "Must be at most 4,000 cm."],
  [{ type: "number", exclusiveMinimum: 0 }, 0, "Must be more than 0."],
  [{ type: "number", multipleOf: 5 }, 3, "Must be a multiple of 5."],
  [{ type: "string", minLength: 1 }, "", "Fill this in."],
  [{ type: "string", maxLength: 2 }, "abc", "Takes at most 2 characters; these are 3."],
  [{ type: "array", items: {}, minItems: 1 }, [], "Enter at least one."],
  [{ enum: ["a", "b"] }, "c", "Must be one of a, b."],
  [
    { type: "array", items: { type: "string", maxLength: 2 } },
    ["ab", "abc"],
    "“abc”: Takes at most 2 characters; these are 3.",
  ],
])("%j refuses %j", (field, value, message) => {
  const problems = new Checker(object({ x: field }, ["x"])).problems({ x: value });
  expect(problems.map(({ path, message }) => [path, message])).toEqual([[["x"], message]]);
});

test.each(["sepal length (cm)", "a.b", "a/b", "50 %", "a~b", "a[0]", "größe", "?&#"])("a column called %s", (name) => {
  const checker = new Checker(object({ [name]: { type: "number", maximum: 1 } }, [name]));
  expect(checker.problems({ [name]: 2 })).toMatchObject([{ path: [name], message: "Must be at most 1." }]);
  expect(checker.problems({})).toMatchObject([{ path: [name], message: "Fill this in." }]);
});

test("what the service alone can judge is left to it", () => {
  const checker = new Checker(object({ x: { type: "string", format: "date-time", pattern: "(?P<y>a)" } }, ["x"]));
  expect(checker.problems({ x: "2026-01-31T12:00" })).toEqual([]);
});

test("the service's complaints go to the fields that they are about", () => {
  const schema = object({
    "a b": { type: "number" },
    list: { type: "array", items: { type: "string" } },
    inner: object({ c: { type: "number" } }),
  });
  const complaint = (...loc: (string | number)[]) => ({ loc: ["body", ...loc], msg: "Not so", type: "x" });
  const found = complained([complaint("a b"), complaint("list", 3), complaint("inner", "c"), complaint()], schema);
  expect(found.map(({ path }) => path)).toEqual([["a b"], ["list"], ["inner", "c"], []]);
  expect(found[0]?.message).toBe("Not so.");
  const rows = byRow([complaint(4, "a b"), complaint(4, "list"), complaint("header", "z")]);
  expect([...rows]).toEqual([
    [4, "a b: Not so."],
    [-1, "header.z: Not so."],
  ]);
});
