/** A schema as pydantic writes it -> one that a form can show: references resolved, `X | None` an X that may be empty. */
import type { JsonSchema } from "../service/types";

/** Says of a field that a null may be sent for it. */
export const NULLABLE = "x-nullable";

/** Names the fields of an object that are to be sent in any case, as a null when they are empty. */
export const ASKED = "x-asked";

type Definitions = Record<string, JsonSchema>;

export function flatten(schema: JsonSchema): JsonSchema {
  const definitions: Definitions = schema.$defs ?? {};
  const { $defs: _, ...rest } = schema;
  const flat = walk(rest, definitions, []);
  const kept = Object.fromEntries(
    [...recursive(definitions)].map((name) => [name, walk(definitions[name] ?? {}, definitions, [name])]),
  );
  return Object.keys(kept).length ? { ...flat, $defs: kept } : flat;
}

function walk(schema: JsonSchema, definitions: Definitions, within: string[]): JsonSchema {
  const { $ref, ...beside } = schema;
  if (typeof $ref === "string") {
    const name = $ref.replace("#/$defs/", "");
    if (within.includes(name)) return schema; // a tree of itself: react-jsonschema-form opens it level by level
    return walk({ ...definitions[name], ...beside }, definitions, [...within, name]);
  }
  const inner = (part: JsonSchema) => (typeof part === "object" ? walk(part, definitions, within) : part);
  const whole = union(single({ ...schema }, inner), inner);
  if (whole.properties) {
    whole.properties = map(whole.properties, inner);
    if (whole.required) {
      // an empty field is left out of the form's data, and a null sent for it
      const asked = whole.required.filter((name: string) => whole.properties[name]?.[NULLABLE]);
      whole.required = whole.required.filter((name: string) => !asked.includes(name));
      if (asked.length) whole[ASKED] = asked;
    }
  }
  if (whole.prefixItems) {
    whole.items = whole.prefixItems;
    whole.additionalItems = false;
    delete whole.prefixItems;
  }
  if (Array.isArray(whole.items)) whole.items = whole.items.map(inner);
  else if (whole.items) whole.items = inner(whole.items);
  if (typeof whole.additionalProperties === "object") whole.additionalProperties = inner(whole.additionalProperties);
  return whole;
}

function single(schema: JsonSchema, inner: (part: JsonSchema) => JsonSchema): JsonSchema {
  const { allOf, ...rest } = schema;
  return allOf?.length === 1 ? { ...inner(allOf[0]), ...rest } : schema;
}

/** Branches without null; where one is left, it takes the place of the union. */
function union(schema: JsonSchema, inner: (part: JsonSchema) => JsonSchema): JsonSchema {
  const name = schema.anyOf ? "anyOf" : "oneOf";
  if (!schema[name]) return withoutNull(schema);
  const { [name]: branches, ...rest } = schema;
  const flat: JsonSchema[] = branches.map(inner);
  const nullable = flat.some((branch) => branch.type === "null" || branch[NULLABLE]);
  const left = narrowed(flat.filter((branch) => branch.type !== "null"));
  const [only] = left;
  const whole = left.length === 1 && only ? { ...only, ...rest } : { ...rest, [name]: left };
  return nullable ? withoutNull({ ...whole, [NULLABLE]: true }) : whole;
}

/** Decimal is a number or a text that spells one, `int | float` a number: a form needs the number alone. */
function narrowed(branches: JsonSchema[]): JsonSchema[] {
  const number = branches.find((branch) => branch.type === "number");
  const others = branches.filter((branch) => branch !== number);
  const bound = number && Object.keys(number).length > 1; // a Decimal has its bounds at the number, and then no pattern
  const spelled = others.every(
    (branch) => branch.type === "integer" || (branch.type === "string" && (branch.pattern || bound)),
  );
  return number && spelled ? [number] : branches;
}

function withoutNull(schema: JsonSchema): JsonSchema {
  const flat = { ...schema };
  if (Array.isArray(flat.type) && flat.type.includes("null")) {
    const left = flat.type.filter((type: string) => type !== "null");
    flat.type = left.length === 1 ? left[0] : left;
    flat[NULLABLE] = true;
  }
  if (flat.enum?.includes(null)) {
    flat.enum = flat.enum.filter((value: unknown) => value !== null);
    flat[NULLABLE] = true;
  }
  if (flat.default === null) delete flat.default;
  return flat;
}

/** The definitions that lead back to themselves. */
function recursive(definitions: Definitions): Set<string> {
  const named = (schema: unknown): string[] =>
    [...JSON.stringify(schema ?? {}).matchAll(/"#\/\$defs\/([^"]+)"/g)].map((match) => match[1] ?? "");
  const found = new Set<string>();
  for (const start of Object.keys(definitions)) {
    const seen = new Set<string>();
    const open = named(definitions[start]);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name === start) found.add(start);
      if (!seen.has(name)) open.push(...named(definitions[name]));
      seen.add(name);
    }
  }
  return found;
}

function map(object: Record<string, JsonSchema>, change: (part: JsonSchema) => JsonSchema): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(object).map(([name, part]) => [name, change(part)]));
}
