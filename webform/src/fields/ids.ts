/** Ids for the page: a column may be called `sepal length (cm)`, and `aria-describedby` is a list divided by blanks. */

export function domId(id: string): string {
  return id.replace(/[^\w-]/g, (sign) => `-${sign.codePointAt(0)?.toString(36)}-`);
}

/** The id of the field at a path of the record. */
export function idOf(path: (string | number)[]): string {
  return domId(["root", ...path].join("_"));
}
