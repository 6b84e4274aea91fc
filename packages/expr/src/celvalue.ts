/**
 * JSON as CEL's evaluator takes it: objects become maps, so that a member named `constructor` is a member like any other.
 * Of an object at the top only `members` are taken, all of them if null; what is not an object has no members.
 */
export function toCelRoot(value: unknown, members: ReadonlySet<string> | null): unknown {
  if (value === undefined) return new Map();
  if (members === null || !isObject(value)) return toCel(value);
  const map = new Map<string, unknown>();
  for (const name of members) {
    if (Object.hasOwn(value, name)) map.set(name, toCel(Reflect.get(value, name)));
  }
  return map;
}

function toCel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCel);
  if (!isObject(value)) return value;
  return new Map(Object.entries(value).map(([name, member]) => [name, toCel(member)]));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map) && !(value instanceof Date);
}

/** The way back: maps become objects, integers numbers where they fit. */
export function fromCel(value: unknown): unknown {
  if (typeof value === "bigint") return BigInt(Number(value)) === value ? Number(value) : value;
  if (Array.isArray(value)) return value.map(fromCel);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(Array.from(value, ([name, member]: [unknown, unknown]) => [String(name), fromCel(member)]));
}
