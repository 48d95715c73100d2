/** What the API sends, as README's contract has it. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonRecord = { [key: string]: Json };
export type JsonSchema = { [key: string]: any };

export interface Section {
  title?: string;
  subtitle?: string;
  content?: string;
}

export interface FormField {
  title?: string;
  description?: string;
  help?: string;
  units?: string;
  placeholder?: string;
  widget?: string;
  example?: Json;
  value?: Json;
  default?: Json;
}

/** form.yml, in either of its formats. */
export interface FormDress {
  home: Section[];
  fields: Record<string, FormField>;
  order: string[];
}

export interface Limits {
  max_records: number;
  max_body: number;
  wait_limit: number;
}

export interface ServedModel {
  tag: string | null;
  sha256: string | null;
  metrics?: Record<string, unknown>;
  wanted?: string;
  problem?: string;
}

/** `GET /api/info`. What is baked into a page has neither `model` nor `snippets`. */
export interface Service {
  service: string;
  stage: string;
  title: string;
  units: unknown;
  form: FormDress;
  example: JsonRecord;
  schema: JsonSchema;
  limits: Limits;
  key_required?: boolean;
  model?: ServedModel | null;
  snippets?: { curl: string; python: string };
}

export interface Failure {
  code: string;
  message: string;
}

/** The answer to one record. */
export interface Answer {
  prediction: Json;
  probabilities?: Record<string, number | null> | Record<string, number | null>[];
}

export type Row = Answer | { error: Failure };

export type Status = "pending" | "succeeded" | "failed" | "cancelled";

export interface Prediction {
  prediction_id: string;
  status: Status;
  result?: Row | Row[];
  error?: Failure;
  model?: { tag: string; sha256: string; warning?: string };
  accepted_at: string;
  finished_at?: string;
  expires_at: string;
}

/** One entry of a 422's `detail`. */
export interface Complaint {
  loc: (string | number)[];
  msg: string;
  type: string;
}

export function failed(row: Row | undefined): row is { error: Failure } {
  return row !== undefined && "error" in row;
}
