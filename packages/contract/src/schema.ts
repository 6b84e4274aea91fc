/** A schema as it was parsed: `true`, `false` or an object of keywords. */
export type Schema = boolean | { readonly [keyword: string]: unknown };

export function isSchema(value: unknown): value is Schema {
  return typeof value === "boolean" || isObject(value);
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Members of an object keyword such as `properties` that are schemas themselves. */
export function schemasIn(value: unknown): readonly (readonly [string, Schema])[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (isSchema(member) ? [[name, member] as const] : []));
}

export function stringsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** What a `$ref` inside the same document points to; undefined for anything else. */
export function resolveLocal(root: Schema, ref: unknown): Schema | undefined {
  if (ref === "#") return root;
  if (typeof ref !== "string" || !ref.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const token of ref.slice(2).split("/")) {
    const name = decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return isSchema(at) ? at : undefined;
}
