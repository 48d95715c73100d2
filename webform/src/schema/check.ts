/** A record against a schema. The validator interprets: one that compiles needs eval, which the page's policy forbids. */
import { type Schema, Validator } from "@cfworker/json-schema";
import type { JsonSchema } from "../service/types";
import { isOneField } from "./dress";
import { NULLABLE } from "./flatten";
import { sentence } from "./messages";

export interface Problem {
  path: (string | number)[];
  keyword: string;
  message: string;
}

/** Keywords that only say that something inside them failed. */
const OUTER = new Set(["properties", "items", "$ref", "allOf", "additionalItems", "if", "then", "else", "false"]);
/** Judged by the service, whose spellings are many: `2026-01-31T12:00` is a date-time to pydantic. */
const LEFT_TO_THE_SERVICE = new Set(["format", "pattern"]);

/** Checks records against one schema. */
export class Checker {
  private readonly validator: Validator;

  constructor(private readonly schema: JsonSchema) {
    this.validator = new Validator(structuredClone(relaxed(schema)) as Schema, "2019-09", false);
  }

  /** What is wrong with it, in the order of the schema; nothing, if it may be sent. */
  problems(record: unknown): Problem[] {
    const plain = JSON.parse(JSON.stringify(record ?? {}));
    const { errors } = this.validator.validate(plain);
    const problems = [...this.unsendable(record, [])];
    const seen = new Set(problems.map(({ path }) => path.join("/")));
    for (const { keyword, keywordLocation, instanceLocation } of errors) {
      if (OUTER.has(keyword) || /\/(anyOf|oneOf)\/\d+\//.test(keywordLocation)) continue;
      const at = pointer(keywordLocation).slice(0, -1);
      const part = this.partAt(at);
      const path = pointer(instanceLocation);
      const found = lookUp(plain, path);
      const lacking =
        keyword === "required" ? (part.required ?? []).filter((name: string) => !Object.hasOwn(found, name)) : [null];
      for (const name of lacking) {
        const problem = this.placed(name === null ? path : [...path, name], keyword, part, found);
        const mark = problem.path.join("/");
        if (!seen.has(mark)) problems.push(problem); // the first is enough to begin with
        seen.add(mark);
      }
    }
    const names = Object.keys(this.schema.properties ?? {});
    const place = ({ path }: Problem) => names.indexOf(String(path[0]));
    return problems.sort((one, other) => place(one) - place(other));
  }

  /** JSON has no infinity, and a browser keeps no whole number beyond 2**53 as it was typed: neither may pass unseen. */
  private *unsendable(value: any, path: (string | number)[]): Generator<Problem> {
    if (typeof value === "number") {
      const whole = Number.isInteger(value) && this.schemaAt(path)?.type === "integer";
      if (Number.isFinite(value) && !(whole && !Number.isSafeInteger(value))) return;
      const message = "Is a larger number than a browser can send: `cli predict` can.";
      yield { path, keyword: "too_large", message: Number.isFinite(value) ? message : "Is too large a number." };
    } else if (value !== null && typeof value === "object") {
      for (const [name, inner] of Object.entries(value)) {
        yield* this.unsendable(inner, [...path, Array.isArray(value) ? Number(name) : name]);
      }
    }
  }

  /** What is wrong with one item of a list of texts is shown at the list, which is one field. */
  private placed(path: (string | number)[], keyword: string, part: JsonSchema, found: any): Problem {
    const list = this.schemaAt(path.slice(0, -1));
    if (list && isOneField(list)) {
      return { path: path.slice(0, -1), keyword, message: `“${found}”: ${sentence(keyword, part, found)}` };
    }
    return { path, keyword, message: sentence(keyword, part, found) };
  }

  private schemaAt(path: (string | number)[]): JsonSchema | undefined {
    return path.reduce<JsonSchema | undefined>((part, step) => {
      const schema = part?.$ref ? this.defined(part) : part;
      return schema?.properties?.[step] ?? (Array.isArray(schema?.items) ? schema.items[Number(step)] : schema?.items);
    }, this.schema);
  }

  /** The part of the schema at a keyword's location, which leads through references and what `relaxed` adds. */
  private partAt(location: string[]): JsonSchema {
    const step = (part: any, name: string) => {
      if (name === "$ref" && typeof part?.$ref === "string") return this.defined(part);
      return name === "else" && part?.[NULLABLE] ? part : part?.[name];
    };
    return location.reduce<any>(step, this.schema) ?? {};
  }

  private defined({ $ref }: JsonSchema): JsonSchema | undefined {
    return this.schema.$defs?.[$ref.replace("#/$defs/", "")];
  }
}

function relaxed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(relaxed);
  if (schema === null || typeof schema !== "object") return schema;
  const part = Object.fromEntries(
    Object.entries(schema).flatMap(([name, part]) =>
      LEFT_TO_THE_SERVICE.has(name) && typeof part === "string"
        ? []
        : [[name, name === "enum" || name === "const" ? part : relaxed(part)]],
    ),
  );
  return part[NULLABLE] === true ? { if: { type: "null" }, else: part } : part; // an example's null, or a cell's
}

function pointer(location: string): string[] {
  const steps = location.split("/").slice(1);
  return steps.map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
}

function lookUp(value: any, path: (string | number)[]): any {
  return path.reduce((part, step) => part?.[step], value);
}
