/** What was typed into the form, while the page is open: whoever comes back from an answer finds it again. */
import type { JsonRecord, JsonSchema } from "../service/types";

let kept: { schema: string; values: JsonRecord } | null = null;

export const draft = {
  get(schema: JsonSchema): JsonRecord | null {
    return kept?.schema === JSON.stringify(schema) ? kept.values : null;
  },
  set(schema: JsonSchema, values: JsonRecord): void {
    kept = { schema: JSON.stringify(schema), values };
  },
};
