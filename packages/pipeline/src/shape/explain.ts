import type * as z from "zod";
import { didYouMean, nearest } from "../near.ts";
import { pathText, type Path, type SpecProblem } from "../problems.ts";
import type { YamlText } from "../yaml-text.ts";
import { valueAt } from "../value-at.ts";
import { keysAt, placesOfKey } from "./json-schema.ts";

type Issue = z.core.$ZodIssue;

/** What is known of the keys of a file. */
export interface KnownKeys {
  at(value: unknown, path: Path): readonly string[];
  /** Places that take the key, as people call them. */
  elsewhere(key: string): readonly string[];
}

const PIPELINE_KEYS: KnownKeys = { at: keysAt, elsewhere: placesOfKey };

/** What the schema found wrong, in the words of the file. */
export function explainIssue(issue: Issue, yaml: YamlText, keys: KnownKeys = PIPELINE_KEYS): readonly SpecProblem[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  const found = valueAt(yaml.value, path);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, path, yaml, keys));
  if (issue.code === "invalid_key")
    return [
      yaml.problem("WEIR-1201", path, { what: `\`${last(path)}\` is not a possible name`, why: issue.issues[0]?.message, atKey: true }),
    ];
  if (found === undefined && path.length > 0) return [missing(path, issue, yaml)];
  switch (issue.code) {
    case "invalid_value":
      return [notOneOf(path, found, issue.values.map(String), yaml)];
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? [notOneOf(path, found, issue.options.map(String), yaml)]
        : [wrongForm(path, found, unionMessage(issue, found), yaml)];
    case "too_small":
      return [yaml.problem("WEIR-1205", path, { what: `${shown(path, found, yaml)} is too small`, fix: `at least ${issue.minimum}` })];
    case "too_big":
      return [yaml.problem("WEIR-1205", path, { what: `${shown(path, found, yaml)} is too large`, fix: `at most ${issue.maximum}` })];
    case "custom":
      return [yaml.problem(issue.message.startsWith("expected") ? "WEIR-1202" : "WEIR-1804", path, { what: issue.message })];
    default:
      return [wrongForm(path, found, issue.message, yaml)];
  }
}

function unknownKey(key: string, path: Path, yaml: YamlText, keys: KnownKeys): SpecProblem {
  const known = keys.at(yaml.value, path);
  const near = nearest(key, known);
  const elsewhere = near === null ? nearestPlaces(keys.elsewhere(key), path) : [];
  const where = path.length === 0 ? "the top level" : `\`${pathText(path)}\``;
  const fix =
    near !== null ? `did you mean \`${near}\`?` : elsewhere.length > 0 ? `\`${key}\` belongs under ${elsewhere.join(" or ")}` : undefined;
  return yaml.problem("WEIR-1203", [...path, key], {
    what: `unknown key \`${key}\``,
    why: known.length === 0 ? undefined : `${where} takes ${known.join(", ")}`,
    fix,
    atKey: true,
  });
}

/** Of the places that know a key, those nearest to where it stands. */
function nearestPlaces(places: readonly string[], path: Path): readonly string[] {
  const steps = path.map((part) => (typeof part === "number" ? "[]" : part));
  const common = (place: string): number => {
    const parts = place.replaceAll("[]", ".[]").split(/[. ]/);
    const differ = steps.findIndex((step, i) => parts[i] !== step && parts[i] !== "<id>");
    return differ < 0 ? steps.length : differ;
  };
  const best = Math.max(0, ...places.map(common));
  return places
    .filter((place) => common(place) === best)
    .slice(0, 3)
    .map((place) => `\`${place}\``.replace(/`([^`]*?)( of a \w+)`/, "`$1`$2"));
}

function missing(path: Path, issue: Issue, yaml: YamlText): SpecProblem {
  const key = last(path);
  const expected = "options" in issue && Array.isArray(issue.options) ? `one of ${issue.options.join(", ")}` : issue.message;
  if (pathText(path) === "metadata.owner")
    return yaml.problem("WEIR-1701", path, {
      what: "no owner",
      why: "every stage has one owner, its own or the pipeline's",
      fix: "add owner: user:NAME or group:NAME",
    });
  const said = expected.startsWith("Invalid input") ? undefined : expected;
  return yaml.problem("WEIR-1202", path, { what: `\`${key}\` is missing`, fix: said });
}

function notOneOf(path: Path, found: unknown, values: readonly string[], yaml: YamlText): SpecProblem {
  const near = typeof found === "string" && !yaml.substituted(path) ? didYouMean(found, values) : undefined;
  return yaml.problem("WEIR-1204", path, {
    what: `${shown(path, found, yaml)} is not ${values.length === 1 ? values[0] : `one of ${values.join(", ")}`}`,
    fix: near,
  });
}

function wrongForm(path: Path, found: unknown, message: string, yaml: YamlText): SpecProblem {
  return yaml.problem("WEIR-1201", path, { what: message.replace(/^Invalid input: /, ""), why: `found ${shown(path, found, yaml)}` });
}

/** Of a choice between text and a map, the part that speaks of what was found. */
function unionMessage(issue: Extract<Issue, { code: "invalid_union" }>, found: unknown): string {
  if (typeof found !== "string") return issue.message;
  const ofText = issue.errors.flat().find((inner) => inner.path.length === 0 && inner.code === "invalid_format");
  return ofText?.message ?? issue.message;
}

/** The value as people wrote it; never what a substitution put in, which may be a secret. */
function shown(path: Path, found: unknown, yaml: YamlText): string {
  if (yaml.substituted(path)) return "the value put in by ${…}";
  if (Array.isArray(found)) return "a list";
  if (typeof found === "object" && found !== null) return "a map";
  const text = JSON.stringify(found) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function last(path: Path): string {
  return String(path[path.length - 1] ?? "");
}
