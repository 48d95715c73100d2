/** The columns of a file -> the fields of the schema: by name, else by a name that differs in spelling alone. */
import type { JsonSchema } from "../service/types";

export interface Matched {
  /** For each column of the file the field that it fills, or null. */
  fields: (string | null)[];
  /** What the file has and the schema lacks: not sent. */
  unknown: string[];
  /** What the schema needs and the file lacks. */
  missing: string[];
  /** Fields that two columns would fill. */
  twice: string[];
}

export function match(header: string[], schema: JsonSchema): Matched {
  const names = Object.keys(schema.properties ?? {});
  const exact = header.map((column) => names.find((name) => name === column.trim()) ?? null);
  const free = names.filter((name) => !exact.includes(name));
  const fields = header.map((column, place) => exact[place] ?? alike(column, free, schema));
  const filled = fields.filter((field) => field !== null);
  return {
    fields,
    unknown: header.filter((_, place) => fields[place] === null),
    missing: names.filter((name) => schema.required?.includes(name) && !filled.includes(name)),
    twice: names.filter((name) => filled.filter((field) => field === name).length > 1),
  };
}

function alike(column: string, names: string[], schema: JsonSchema): string | null {
  const wanted = plain(column);
  if (!wanted) return null;
  return (
    names.find((name) => plain(name) === wanted) ??
    names.find((name) => plain(schema.properties[name].title ?? "") === wanted) ??
    null
  );
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
