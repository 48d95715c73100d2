/** What a value fails at, said to people: the keyword of the schema, in a sentence with its numbers. */
import type { JsonSchema } from "../service/types";
import { plainNumber } from "./dress";

const KINDS: Record<string, string> = {
  number: "a number, such as 1.5",
  integer: "a whole number",
  string: "a text",
  boolean: "yes or no",
  array: "a list",
  object: "a group of values",
  null: "empty",
};

/** `found` is the value; `schema` the part of the schema that has the keyword; `units` its units. */
export function sentence(keyword: string, schema: JsonSchema, found: unknown): string {
  const unit = schema.units ? ` ${schema.units}` : "";
  const limit = (value: number) => `${plainNumber(value)}${unit}`;
  switch (keyword) {
    case "required":
      return "Fill this in.";
    case "type":
      if (found === "") return "Fill this in.";
      return `Must be ${[schema.type]
        .flat()
        .map((type: string) => KINDS[type] ?? type)
        .join(" or ")}.`;
    case "minimum":
      return `Must be at least ${limit(schema.minimum)}.`;
    case "maximum":
      return `Must be at most ${limit(schema.maximum)}.`;
    case "exclusiveMinimum":
      return `Must be more than ${limit(schema.exclusiveMinimum)}.`;
    case "exclusiveMaximum":
      return `Must be less than ${limit(schema.exclusiveMaximum)}.`;
    case "multipleOf":
      return `Must be a multiple of ${plainNumber(schema.multipleOf)}.`;
    case "minLength":
      if (schema.minLength === 1 || found === "") return "Fill this in.";
      return `Needs at least ${plainNumber(schema.minLength)} characters.`;
    case "maxLength":
      return `Takes at most ${plainNumber(schema.maxLength)} characters; these are ${plainNumber([...String(found)].length)}.`;
    case "minItems":
      return schema.minItems === 1 ? "Enter at least one." : `Enter at least ${plainNumber(schema.minItems)}.`;
    case "maxItems":
      return `Takes at most ${plainNumber(schema.maxItems)}.`;
    case "uniqueItems":
      return "Name each only once.";
    case "enum":
      return `Must be one of ${choices(schema.enum)}.`;
    case "const":
      return `Must be ${choices([schema.const])}.`;
    case "pattern":
      return `Must look like ${schema.pattern}.`;
    case "format":
      return `Must be a ${schema.format}.`;
    case "additionalProperties":
      return "The schema has no such field.";
    default:
      return "Is not accepted.";
  }
}

const SHOWN = 8;

function choices(values: unknown[]): string {
  const shown = values.slice(0, SHOWN).map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  return shown.join(", ") + (values.length > SHOWN ? " …" : "");
}
