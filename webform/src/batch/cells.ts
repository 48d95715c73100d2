/** A cell of a CSV -> what its field holds, as the service itself reads one. */
import { NULLABLE } from "../schema/flatten";
import type { Json, JsonSchema } from "../service/types";

export const OMIT = Symbol("the field is left out, and takes its default");

export function convert(cell: string, field: JsonSchema, required: boolean): Json | typeof OMIT {
  if (cell === "") return field[NULLABLE] ? null : required ? "" : OMIT;
  const types = typesOf(field);
  if (types.has("string") || types.has("any")) return cell;
  const text = cell.trim();
  if ((types.has("number") || types.has("integer")) && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    return Number(text);
  if (types.has("boolean") && YES.has(text.toLowerCase())) return true;
  if (types.has("boolean") && NO.has(text.toLowerCase())) return false;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return cell; // the check says what it should be
  }
}

const YES = new Set(["true", "t", "yes", "y", "on", "1", "1.0"]);
const NO = new Set(["false", "f", "no", "n", "off", "0", "0.0"]);

function typesOf(field: JsonSchema): Set<string> {
  if (field.anyOf || field.oneOf)
    return new Set([...(field.anyOf ?? field.oneOf)].flatMap((part) => [...typesOf(part)]));
  if (field.enum || "const" in field) {
    return new Set(
      (field.enum ?? [field.const]).map((value: unknown) => (Array.isArray(value) ? "array" : typeof value)),
    );
  }
  return new Set(field.type ? [field.type].flat() : field.$ref ? ["object"] : ["any"]);
}
