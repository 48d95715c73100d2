/** What form.yml and the schema say of a field, as the form shows it; and the record that is sent. */
import { expect, test } from "vitest";
import { dress, incoming, OPTIONAL, outgoing } from "../src/schema/dress";
import { flatten, NULLABLE } from "../src/schema/flatten";
import type { FormField, JsonSchema } from "../src/service/types";

function one(field: JsonSchema, about: FormField = {}, required = true) {
  const schema = { type: "object", properties: { x: field, other: {} }, required: required ? ["x"] : [] };
  const dressed = dress(schema, { home: [], fields: { x: about }, order: [] });
  return { schema: dressed.schema.properties.x, ui: dressed.uiSchema.x };
}

test.each<[JsonSchema, string | undefined]>([
  [{ type: "number", minimum: 0, maximum: 4000 }, "0 to 4,000"],
  [{ type: "number", minimum: 0.5 }, "At least 0.5"],
  [{ type: "number", exclusiveMinimum: 0, units: "kg" }, "More than 0 kg"],
  [{ type: "number", maximum: 9 }, "At most 9"],
  [{ type: "number", exclusiveMaximum: 9 }, "Less than 9"],
  [{ type: "integer" }, "A whole number"],
  [{ type: "integer", minimum: 1 }, "A whole number, at least 1"],
  [{ type: "number" }, undefined],
  [{ type: "string", minLength: 3 }, undefined],
])("the help of %j is %j", (field, help) => {
  expect(one(field).ui["ui:help"]).toBe(help);
});

test("form.yml goes before the schema", () => {
  const field = {
    type: "number",
    title: "Own",
    description: "Own words",
    units: "cm",
    minimum: 1,
    default: 2,
    examples: [3],
  };
  const about = { title: "T", description: "D", units: "in", help: "H", placeholder: "P", value: 4, widget: "range" };
  const { schema, ui } = one(field, about);
  expect(schema).toMatchObject({ title: "T", description: "D", units: "in", default: 4 });
  expect(ui).toEqual({ "ui:units": "in", "ui:help": "H", "ui:placeholder": "P", "ui:widget": "range" });
  const own = one(field);
  expect(own.schema).toMatchObject({ title: "Own", description: "Own words", units: "cm", default: 2 });
  expect(own.ui["ui:placeholder"]).toBe("such as 3");
});

test("a field without a title is called by its name", () => {
  expect(one({ type: "number" }).schema.title).toBe("x");
});

test("a value of 0, false or an empty text is a value to begin with, and a null is none", () => {
  expect(one({ type: "number" }, { value: 0 }).schema.default).toBe(0);
  expect(one({ type: "boolean", default: true }, { value: false }).schema.default).toBe(false);
  expect(one({ type: "string" }, { default: "" }).schema.default).toBe("");
  expect(one({ type: "number", default: 5 }, { value: null }).schema.default).toBe(5);
});

test("a text whose example is long gets room, and what has a format does not", () => {
  expect(one({ type: "string", examples: ["x".repeat(81)] }).ui["ui:widget"]).toBe("textarea");
  expect(one({ type: "string", examples: ["x".repeat(80)] }).ui).not.toHaveProperty("ui:widget");
  expect(one({ type: "string", maxLength: 200 }).ui["ui:widget"]).toBe("textarea");
  expect(one({ type: "string", maxLength: 199 }).ui).not.toHaveProperty("ui:widget");
  expect(one({ type: "string", maxLength: 500, format: "uri" }).ui).not.toHaveProperty("ui:widget");
});

test.each<[JsonSchema, string | undefined]>([
  [{ type: "array", items: { type: "string" }, examples: [["red", "blue"]] }, "such as red"],
  [{ type: "array", items: { type: "string" }, examples: [[]] }, undefined],
  [{ type: "string", enum: ["a"], examples: ["a"] }, undefined],
  [{ type: "string", format: "date", examples: ["2026-01-31"] }, undefined],
  [{ type: "number", examples: [0] }, "such as 0"],
  [{ type: "number", examples: [null] }, undefined],
])("the placeholder of %j is %j", (field, placeholder) => {
  expect(one(field).ui["ui:placeholder"]).toBe(placeholder);
});

test("only what may stay empty is called optional", () => {
  expect(one({ type: "number" }, {}, false).schema[OPTIONAL]).toBe(true);
  expect(one({ type: "number" }, {}, true).schema).not.toHaveProperty(OPTIONAL);
  expect(one({ type: "number", default: 1 }, {}, false).schema).not.toHaveProperty(OPTIONAL);
  expect(one({ type: "boolean" }, {}, false).schema).not.toHaveProperty(OPTIONAL);
  expect(one({ type: "boolean", [NULLABLE]: true }, {}, false).schema[OPTIONAL]).toBe(true);
});

test("the order names what the schema has, and leaves room for the rest", () => {
  const schema = { type: "object", properties: { a: {}, b: {}, c: {} }, title: "Model", description: "Words" };
  const dressed = dress(schema, { home: [], fields: {}, order: ["c", "gone", "a"] });
  expect(dressed.uiSchema["ui:order"]).toEqual(["c", "a", "*"]);
  expect(dressed.schema).not.toHaveProperty("title"); // the page has a heading
  expect(dressed.schema).not.toHaveProperty("description");
  expect(dress(schema, { home: [], fields: {}, order: ["gone"] }).uiSchema).not.toHaveProperty("ui:order");
});

test("the fields of a model inside are dressed by its own schema", () => {
  const { schema, ui } = one({ type: "object", properties: { words: { type: "array", items: { type: "string" } } } });
  expect(schema.properties.words.title).toBe("words");
  expect(ui.words["ui:widget"]).toBe("words");
});

const NUMBER = { anyOf: [{ type: "number" }, { type: "null" }] };
const INNER = { type: "object", properties: { a: { type: "number" }, b: NUMBER, c: NUMBER }, required: ["a", "b"] };
const ORIGINAL = {
  type: "object",
  properties: { inner: { $ref: "#/$defs/Inner" }, many: { type: "array", items: { $ref: "#/$defs/Inner" } } },
  required: ["inner"],
  $defs: { Inner: INNER },
};

test("models inside send a null for what is required of them, too", () => {
  const { schema } = dress(flatten(ORIGINAL), { home: [], fields: {}, order: [] });
  expect(outgoing({ inner: { a: 1 }, many: [{ a: 2 }, { a: 3, b: 4 }] }, schema, ORIGINAL)).toEqual({
    inner: { a: 1, b: null },
    many: [
      { a: 2, b: null },
      { a: 3, b: 4 },
    ],
  });
});

test("what is 0, false or an empty list is sent, and what the schema lacks is not", () => {
  const properties = { n: { type: "number" }, yes: { type: "boolean" }, list: { type: "array" } };
  const schema = { type: "object", properties };
  expect(outgoing({ n: 0, yes: false, list: [], old: 1 }, schema, schema)).toEqual({ n: 0, yes: false, list: [] });
});

test("an example with nulls comes back as it was", () => {
  const original = { type: "object", properties: { a: NUMBER, b: { type: "number" } }, required: ["a", "b"] };
  const example = { a: null, b: 0 };
  expect(incoming(example)).toEqual({ b: 0 });
  expect(outgoing(incoming(example), flatten(original), original)).toEqual(example);
});
