/** What becomes of pydantic's models inside models, of trees, and of what may be null. */
import { expect, test } from "vitest";
import { ASKED, flatten, NULLABLE } from "../src/schema/flatten";
import type { JsonSchema } from "../src/service/types";

const NULL = { type: "null" };
const TEXT = { anyOf: [{ type: "string" }, NULL] };

function model(properties: Record<string, JsonSchema>, required: string[] = []): JsonSchema {
  return { type: "object", properties, required };
}

test("models in models are put in their place, and no definitions are left", () => {
  const $defs = {
    City: model({ name: { type: "string" } }, ["name"]),
    Place: model({ city: { $ref: "#/$defs/City" } }, ["city"]),
  };
  const flat = flatten({ ...model({ from: { $ref: "#/$defs/Place" } }, ["from"]), $defs });
  expect(flat).not.toHaveProperty("$defs");
  expect(flat.properties.from.properties.city).toEqual(model({ name: { type: "string" } }, ["name"]));
});

test("what stands beside a reference is kept, in one piece or in an allOf", () => {
  const $defs = { Kind: { enum: ["a", "b"], title: "Kind", type: "string" } };
  const beside = { title: "Which", default: "a" };
  for (const field of [
    { $ref: "#/$defs/Kind", ...beside },
    { allOf: [{ $ref: "#/$defs/Kind" }], ...beside },
  ]) {
    expect(flatten({ ...model({ x: field }), $defs }).properties.x).toEqual({
      enum: ["a", "b"],
      type: "string",
      ...beside,
    });
  }
});

test("an optional model is the model, and may be empty", () => {
  const $defs = { City: model({ name: { type: "string" } }, ["name"]) };
  const flat = flatten({ ...model({ x: { anyOf: [{ $ref: "#/$defs/City" }, NULL], default: null } }), $defs });
  expect(flat.properties.x).toEqual({ ...$defs.City, [NULLABLE]: true });
});

test("an optional Decimal is a number that may be empty", () => {
  const field = { anyOf: [{ type: "number" }, { type: "string", pattern: "^\\d+$" }, NULL], title: "Price" };
  expect(flatten(model({ x: field })).properties.x).toEqual({ type: "number", title: "Price", [NULLABLE]: true });
});

test("a null may be spelled as a type, a choice or a oneOf", () => {
  const flat = flatten(
    model({
      type: { type: ["integer", "string", "null"] },
      choice: { enum: [1, 2, null], default: null },
      one: { oneOf: [{ type: "integer" }, NULL] },
    }),
  ).properties;
  expect(flat.type).toEqual({ type: ["integer", "string"], [NULLABLE]: true });
  expect(flat.choice).toEqual({ enum: [1, 2], [NULLABLE]: true });
  expect(flat.one).toEqual({ type: "integer", [NULLABLE]: true });
});

test("a default of null goes, and any other stays", () => {
  const flat = flatten(model({ none: { ...TEXT, default: null }, zero: { type: "number", default: 0 } })).properties;
  expect(flat.none).not.toHaveProperty("default");
  expect(flat.zero.default).toBe(0);
});

test("what may be null is not required of the form, at any depth, and its name is kept", () => {
  const inner = model({ note: TEXT, size: { type: "number" } }, ["note", "size"]);
  const flat = flatten(model({ inner, many: { type: "array", items: inner }, code: TEXT }, ["inner", "code"]));
  expect(flat.required).toEqual(["inner"]);
  expect(flat[ASKED]).toEqual(["code"]);
  for (const part of [flat.properties.inner, flat.properties.many.items]) {
    expect(part.required).toEqual(["size"]);
    expect(part[ASKED]).toEqual(["note"]);
  }
});

test("a schema without nullables is not changed, nor is the one that was given", () => {
  const plain = model({ x: { type: "number" } }, ["x"]);
  expect(flatten(plain)).toEqual(plain);
  const given = { ...model({ x: TEXT, y: { $ref: "#/$defs/T" } }, ["x"]), $defs: { T: TEXT } };
  const before = structuredClone(given);
  flatten(given);
  expect(given).toEqual(before);
});

test("a tree keeps its reference and its definition, and only its own", () => {
  const $defs = {
    Tree: model({ leaf: { $ref: "#/$defs/Leaf" }, below: { type: "array", items: { $ref: "#/$defs/Tree" } } }),
    Leaf: model({ size: { type: "number" } }),
  };
  const flat = flatten({ ...model({ tree: { $ref: "#/$defs/Tree" } }), $defs });
  expect(Object.keys(flat.$defs)).toEqual(["Tree"]);
  expect(flat.properties.tree.properties.below.items).toEqual({ $ref: "#/$defs/Tree" });
  expect(flat.$defs.Tree.properties.leaf).toEqual($defs.Leaf);
});

test("two models that lead to each other, and a schema that is its own field, come to an end", () => {
  const $defs = { Hen: model({ egg: { $ref: "#/$defs/Egg" } }), Egg: model({ hen: { $ref: "#/$defs/Hen" } }) };
  const pair = flatten({ ...model({ x: { $ref: "#/$defs/Hen" } }), $defs });
  expect(Object.keys(pair.$defs).sort()).toEqual(["Egg", "Hen"]);
  expect(pair.properties.x.properties.egg.properties.hen).toEqual({ $ref: "#/$defs/Hen" });
  const own = flatten({ $ref: "#/$defs/Node", $defs: { Node: model({ next: { $ref: "#/$defs/Node" } }) } });
  expect(own.properties.next).toEqual({ $ref: "#/$defs/Node" });
});

test("a tuple's items and a dict's values are made flat, too", () => {
  const $defs = { City: model({ name: { type: "string" } }) };
  const flat = flatten({
    ...model({
      pair: { type: "array", prefixItems: [{ $ref: "#/$defs/City" }, TEXT] },
      scores: { type: "object", additionalProperties: { $ref: "#/$defs/City" } },
    }),
    $defs,
  }).properties;
  expect(flat.pair).toEqual({
    type: "array",
    items: [$defs.City, { type: "string", [NULLABLE]: true }],
    additionalItems: false,
  });
  expect(flat.scores.additionalProperties).toEqual($defs.City);
});

test("a union of more than one kind keeps its branches", () => {
  const flat = flatten(model({ x: { anyOf: [{ type: "integer" }, { type: "string" }, NULL] } })).properties.x;
  expect(flat).toEqual({ anyOf: [{ type: "integer" }, { type: "string" }], [NULLABLE]: true });
});
