import type { Encode, Feature, Missing } from "./manifest.ts";
import type { Inspector } from "./inspect.ts";

const KINDS = ["number", "bool", "vector", "map", "oneHot", "epoch", "hour", "weekday"] as const;
type Kind = (typeof KINDS)[number];

/** What each kind may say beside `kind` and `missing`. */
const SETTINGS: Readonly<Record<Kind, readonly string[]>> = {
  number: [],
  bool: [],
  vector: ["width"],
  map: ["map", "unknown"],
  oneHot: ["categories", "unknown"],
  epoch: ["unit", "sinceMs"],
  hour: ["offsetMinutes"],
  weekday: ["offsetMinutes"],
};
const MAX_OFFSET_MINUTES = 14 * 60;

export function parseFeature(value: unknown, where: string, inspect: Inspector): Feature {
  const o = inspect.object(value, where, ["name", "field", "encode", "unit"]);
  const field = inspect.text(o["field"], `${where}/field`);
  if (field && !/^(\/([^~/]|~[01])+)+$/.test(field))
    inspect.fail(`${where}/field`, `must be a JSON pointer such as /distance; found ${JSON.stringify(field)}`);
  const name = o["name"] === undefined ? field.slice(1) : inspect.text(o["name"], `${where}/name`);
  return { name, field, encode: parseEncode(o["encode"], `${where}/encode`, inspect) };
}

function parseEncode(value: unknown, where: string, inspect: Inspector): Encode {
  const o = inspect.object(typeof value === "string" ? { kind: value } : value, where);
  const kind = inspect.choice(o["kind"], `${where}/kind`, KINDS);
  inspect.object(o, where, ["kind", "missing", ...SETTINGS[kind]]);
  const missing: Missing = o["missing"] === undefined ? "refuse" : inspect.choice(o["missing"], `${where}/missing`, ["nan", "refuse"]);
  switch (kind) {
    case "number":
    case "bool":
      return { kind, missing };
    case "vector":
      return { kind, missing, width: inspect.count(o["width"], `${where}/width`) };
    case "map":
      return {
        kind,
        missing,
        map: parseMap(o["map"], `${where}/map`, inspect),
        unknown: parseUnknownCode(o["unknown"], `${where}/unknown`, inspect),
      };
    case "oneHot":
      return {
        kind,
        missing,
        categories: parseCategories(o["categories"], `${where}/categories`, inspect),
        unknown: parseUnknownCategory(o["unknown"], `${where}/unknown`, inspect),
      };
    case "epoch":
      return {
        kind,
        missing,
        unit: inspect.choice(o["unit"], `${where}/unit`, ["days", "hours", "minutes", "seconds"]),
        sinceMs: o["sinceMs"] === undefined ? 0 : inspect.number(o["sinceMs"], `${where}/sinceMs`),
      };
    case "hour":
    case "weekday":
      return { kind, missing, offsetMinutes: parseOffset(o["offsetMinutes"], `${where}/offsetMinutes`, inspect) };
  }
}

function parseMap(value: unknown, where: string, inspect: Inspector): Readonly<Record<string, number>> {
  const entries = Object.entries(inspect.object(value, where));
  if (entries.length === 0) inspect.fail(where, "must name a category and its code");
  return Object.fromEntries(entries.map(([category, code]) => [category, inspect.number(code, `${where}/${category}`)]));
}

function parseUnknownCode(value: unknown, where: string, inspect: Inspector): number | null {
  return value === undefined || value === null ? null : inspect.number(value, where);
}

function parseUnknownCategory(value: unknown, where: string, inspect: Inspector): "zeros" | null {
  return value === undefined || value === null ? null : inspect.choice<"zeros">(value, where, ["zeros"]);
}

function parseCategories(value: unknown, where: string, inspect: Inspector): readonly string[] {
  const categories = inspect.list(value, where).map((c, i) => inspect.text(c, `${where}/${i}`));
  if (categories.length === 0) inspect.fail(where, "must name a category");
  if (new Set(categories).size !== categories.length) inspect.fail(where, "must be different names");
  return categories;
}

function parseOffset(value: unknown, where: string, inspect: Inspector): number {
  const offset = value === undefined ? 0 : inspect.number(value, where);
  if (Math.abs(offset) > MAX_OFFSET_MINUTES) inspect.fail(where, `must be within ${MAX_OFFSET_MINUTES} minutes; found ${offset}`);
  return offset;
}
