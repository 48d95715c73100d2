/** The service's own complaints -> problems of the fields that they are about. */
import type { Complaint, JsonSchema } from "../service/types";
import type { Problem } from "./check";
import { isOneField } from "./dress";

/** Those of one record; what names no field is about the whole, with an empty path. */
export function complained(complaints: Complaint[], schema: JsonSchema): Problem[] {
  return complaints.map(({ loc, msg, type }) => {
    const steps = loc[0] === "body" ? loc.slice(1) : loc;
    const path: (string | number)[] = [];
    let part: JsonSchema | undefined = schema;
    for (const step of steps) {
      const next: JsonSchema | undefined =
        part?.properties?.[step] ?? (typeof step === "number" ? part?.items : undefined);
      if (!next || (part && isOneField(part))) break; // a union's branch, or one of a list of texts
      path.push(step);
      part = next;
    }
    return { path, keyword: type, message: finished(msg) };
  });
}

/** Those of many, by row; what is about no row has the key -1. */
export function byRow(complaints: Complaint[]): Map<number, string> {
  const rows = new Map<number, string>();
  for (const { loc, msg } of complaints) {
    const steps = loc[0] === "body" ? loc.slice(1) : loc;
    const [row] = steps;
    const place = typeof row === "number" ? row : -1;
    const name = steps.filter((step) => typeof step === "string").join(".");
    if (!rows.has(place)) rows.set(place, name ? `${name}: ${finished(msg)}` : finished(msg));
  }
  return rows;
}

function finished(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
