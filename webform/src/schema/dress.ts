/** A flat schema and form.yml -> what react-jsonschema-form takes: schema, widgets, order, and words for people. */
import type { FormDress, FormField, Json, JsonRecord, JsonSchema } from "../service/types";
import { ASKED, NULLABLE } from "./flatten";

export interface Dressed {
  schema: JsonSchema;
  uiSchema: Record<string, any>;
}

/** Says of a field that it may stay empty. */
export const OPTIONAL = "x-optional";

/** Characters from which a text gets room for several lines. */
const LONG = 200;

export function dress(flat: JsonSchema, form: FormDress): Dressed {
  const { title: _title, description: _description, ...rest } = flat;
  const { schema, ui } = object(rest, form.fields);
  const names = Object.keys(schema.properties ?? {});
  const order = form.order.filter((name) => names.includes(name));
  const [alone = ""] = names;
  if (names.length === 1 && isPlainText(schema.properties[alone] ?? {})) {
    ui[alone] = { "ui:widget": "textarea", ...ui[alone] }; // one text is what the whole form is about
  }
  return { schema, uiSchema: { ...ui, ...(order.length ? { "ui:order": [...order, "*"] } : {}) } };
}

function object(schema: JsonSchema, fields: Record<string, FormField>) {
  const ui: Record<string, any> = {};
  const properties: Record<string, JsonSchema> = {};
  for (const [name, field] of Object.entries<JsonSchema>(schema.properties ?? {})) {
    const dressed = one(name, field, fields[name] ?? {}, schema.required?.includes(name) ?? false);
    properties[name] = dressed.schema;
    ui[name] = dressed.ui;
  }
  return { schema: { ...schema, properties }, ui };
}

function one(name: string, field: JsonSchema, about: FormField, required: boolean) {
  const { examples, units: ownUnits, ...plain } = field;
  const schema: JsonSchema = { ...branched(plain), title: about.title ?? field.title ?? name };
  const description = about.description ?? field.description;
  if (description === undefined) delete schema.description;
  else schema.description = description;
  const tick = schema.type === "boolean" && !schema[NULLABLE]; // a box without a tick is an answer, too
  if (!required && schema.default === undefined && !tick) schema[OPTIONAL] = true;
  const start = about.example ?? about.value ?? about.default;
  if (start !== undefined && start !== null) schema.default = start;
  else if (schema.type === "boolean" && required && schema.default === undefined) schema.default = false;

  const ui: Record<string, any> = {};
  const units = about.units ?? ownUnits;
  if (units) {
    schema.units = String(units);
    ui["ui:units"] = schema.units;
  }
  const widget = about.widget ?? widgetOf(schema, examples);
  if (widget) ui["ui:widget"] = widget;
  const placeholder = about.placeholder ?? sample(schema, examples);
  if (placeholder !== undefined) ui["ui:placeholder"] = placeholder;
  const help = about.help ?? bounds(schema, units);
  if (help) ui["ui:help"] = help;
  if (schema.properties) {
    const nested = object(schema, {});
    return { schema: nested.schema, ui: { ...ui, ...nested.ui } };
  }
  return { schema, ui };
}

/** A union's kinds by their names: they are chosen from. */
function branched(field: JsonSchema): JsonSchema {
  const named = (branch: JsonSchema) => ({ title: KINDS[branch.type] ?? "Something else", ...branch });
  const changed = ["anyOf", "oneOf"].filter((name) => field[name]).map((name) => [name, field[name].map(named)]);
  return { ...field, ...Object.fromEntries(changed) };
}

const KINDS: Record<string, string> = {
  number: "Number",
  integer: "Whole number",
  string: "Text",
  boolean: "Yes or no",
  array: "List",
  object: "Group of values",
};

function widgetOf(schema: JsonSchema, examples: Json[] | undefined): string | undefined {
  if (schema.type === "boolean" && schema[NULLABLE]) return "select";
  if (isOneField(schema)) return schema.items.enum ? "checkboxes" : "words";
  if (!isPlainText(schema)) return undefined;
  const long = (schema.maxLength ?? 0) >= LONG || String(examples?.[0] ?? "").length > 80;
  return long ? "textarea" : undefined;
}

function isPlainText(schema: JsonSchema): boolean {
  return schema.type === "string" && !schema.enum && !schema.const && !schema.format;
}

/** A list that is one field: texts, typed one after the other, or choices to tick. */
export function isOneField(schema: JsonSchema): boolean {
  return schema.type === "array" && (schema.items?.type === "string" || Array.isArray(schema.items?.enum));
}

function sample(schema: JsonSchema, examples: Json[] | undefined): string | undefined {
  const first = examples?.[0];
  if (first === undefined || first === null || schema.enum || schema.format || schema.type === "boolean")
    return undefined;
  if (isOneField(schema) && Array.isArray(first)) return first.length ? `such as ${first[0]}` : undefined;
  return typeof first === "number" || typeof first === "string" ? `such as ${first}` : undefined;
}

/** "3 to 9 cm", where a number has bounds. */
function bounds(schema: JsonSchema, units: unknown): string | undefined {
  if ((schema.type !== "number" && schema.type !== "integer") || schema.enum) return undefined;
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  const unit = units ? ` ${units}` : "";
  const whole = schema.type === "integer" ? "A whole number" : "";
  const range =
    low !== undefined && high !== undefined
      ? `${plainNumber(low)} to ${plainNumber(high)}${unit}`
      : low !== undefined
        ? `${schema.minimum === undefined ? "more than" : "at least"} ${plainNumber(low)}${unit}`
        : high !== undefined
          ? `${schema.maximum === undefined ? "less than" : "at most"} ${plainNumber(high)}${unit}`
          : "";
  if (!whole) return range ? range.charAt(0).toUpperCase() + range.slice(1) : undefined;
  return range ? `${whole}, ${range}` : whole;
}

export function plainNumber(value: number): string {
  return new Intl.NumberFormat("en", { maximumSignificantDigits: 12 }).format(value);
}

/** What is sent for what the form holds: nothing for a field that is empty, a null where the schema asks for one. */
export function outgoing(data: JsonRecord, schema: JsonSchema, original: JsonSchema): JsonRecord {
  return filled(data, schema, original.required ?? []);
}

function filled(data: JsonRecord, schema: JsonSchema, required: string[]): JsonRecord {
  const record: JsonRecord = {};
  for (const [name, field] of Object.entries<JsonSchema>(schema.properties ?? {})) {
    const value = data[name];
    if (value !== undefined) record[name] = within(value, field);
    else if (field[NULLABLE] && required.includes(name)) record[name] = null;
  }
  return record;
}

/** Models inside have fields that are sent in any case, too. */
function within(value: Json, field: JsonSchema): Json {
  if (Array.isArray(value)) {
    return field.items && !Array.isArray(field.items) ? value.map((item) => within(item, field.items)) : value;
  }
  if (value === null || typeof value !== "object" || !field.properties) return value;
  return { ...value, ...filled(value, field, field[ASKED] ?? []) };
}

/** A record as the form holds it: without nulls, which it shows as empty fields; models inside, too. */
export function incoming(record: JsonRecord): JsonRecord {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => (value === null ? [] : [[name, emptied(value)]])),
  );
}

function emptied(value: Json): Json {
  if (Array.isArray(value)) return value.map(emptied);
  return value === null || typeof value !== "object" ? value : incoming(value);
}
