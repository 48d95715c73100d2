/** Our checker, as react-jsonschema-form wants a validator. */
import type { ErrorSchema, RJSFSchema, RJSFValidationError, ValidationData, ValidatorType } from "@rjsf/utils";
import { ErrorSchemaBuilder } from "@rjsf/utils";
import { Checker, type Problem } from "./check";

const checkers = new WeakMap<object, Checker>();

function checkerOf(schema: RJSFSchema, root: RJSFSchema): Checker {
  let checker = checkers.get(schema);
  if (!checker) {
    checker = new Checker(schema === root || !root.$defs ? schema : { ...schema, $defs: root.$defs });
    checkers.set(schema, checker);
  }
  return checker;
}

export const validator: ValidatorType<any, RJSFSchema, any> = {
  validateFormData(data, schema): ValidationData<any> {
    const problems = checkerOf(schema, schema).problems(data);
    return { errors: problems.map(listed), errorSchema: placed(problems) };
  },
  isValid: (schema, data, root) => {
    try {
      return checkerOf(schema, root).problems(data).length === 0;
    } catch {
      return false;
    }
  },
  rawValidation: (schema, data) => ({ errors: checkerOf(schema, schema).problems(data) as any[] }),
};

/** Messages at their fields; the path is kept in steps, because a column's name may hold dots, blanks and brackets. */
export function placed(problems: Problem[]): ErrorSchema {
  const builder = new ErrorSchemaBuilder();
  for (const { message, path } of problems) builder.addErrors(message, path);
  return builder.ErrorSchema;
}

function listed({ path, keyword, message }: Problem): RJSFValidationError {
  return { name: keyword, property: path.join("."), message, stack: message, params: { path } };
}
