import { compileExpression, ExpressionError } from "@weir/expr";
import { FAILURE_CLASSES, headerText, type FailureClass, type PlainRecord } from "@weir/record";
import { headerScope } from "../edit/edit.ts";
import type { DeadLetterDescription } from "../read.ts";

/** Which dead letters: every criterion that is given must hold, any of its alternatives is enough. */
export interface Selection {
  readonly class?: readonly FailureClass[];
  /** Ids of rules, with or without the stage and digest before them. */
  readonly rule?: readonly string[];
  readonly stage?: readonly string[];
  readonly owner?: readonly string[];
  readonly fingerprint?: readonly string[];
  /** Id of a window or of its verdict. */
  readonly window?: readonly string[];
  /** RFC 3339: failed at or after, before. */
  readonly since?: string;
  readonly until?: string;
  /** Keys, as text. */
  readonly key?: readonly string[];
  readonly offsets?: readonly { readonly partition: number; readonly first: number; readonly last: number }[];
  /** CEL over `record` and `headers`; what it cannot be asked of is not selected. */
  readonly filter?: string;
  /** At most so many, in the order of the log. */
  readonly limit?: number;
}

/** A record of a topic of dead letters or quarantined records. */
export interface Letter {
  readonly topic: string;
  readonly partition: number;
  readonly record: PlainRecord;
  readonly description: DeadLetterDescription;
}

export interface CompiledSelection {
  /** null where there are problems. */
  readonly matches: ((letter: Letter) => boolean) | null;
  readonly problems: readonly string[];
}

const TEXTS = ["since", "until", "filter"] as const;
const LISTS = ["rule", "stage", "owner", "fingerprint", "window", "key"] as const;

/** A selection as JSON brings it; problems where it is none. Whether its expressions and times make sense `compileSelection` says. */
export function parseSelection(input: unknown): { readonly selection: Selection; readonly problems: readonly string[] } {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return { selection: {}, problems: ["a selection is an object"] };
  const given = new Map<string, unknown>(Object.entries(input));
  const problems: string[] = [];
  for (const name of given.keys())
    if (![...TEXTS, ...LISTS, "class", "offsets", "limit"].includes(name)) problems.push(`unknown criterion ${name}`);
  const texts = TEXTS.flatMap((name) => (given.has(name) ? [[name, textOf(given.get(name), name, problems)] as const] : []));
  const lists = LISTS.flatMap((name) => (given.has(name) ? [[name, listOf(given.get(name), name, problems)] as const] : []));
  const limit = given.get("limit");
  if (limit !== undefined && !isWhole(limit)) problems.push("limit must be a whole number");
  const classes = given.has("class") ? classesOf(given.get("class"), problems) : null;
  const offsets = given.has("offsets") ? offsetsOf(given.get("offsets"), problems) : null;
  const selection = {
    ...Object.fromEntries(texts),
    ...Object.fromEntries(lists),
    ...(classes && { class: classes }),
    ...(offsets && { offsets }),
    ...(isWhole(limit) && { limit }),
  };
  return { selection, problems };
}

function textOf(value: unknown, name: string, problems: string[]): string {
  if (typeof value !== "string") problems.push(`${name} must be text`);
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown, name: string, problems: string[]): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = items.filter((item) => typeof item === "string");
  if (texts.length !== items.length || texts.length === 0) problems.push(`${name} must be a list of texts`);
  return texts;
}

function classesOf(value: unknown, problems: string[]): readonly FailureClass[] {
  return listOf(value, "class", problems).flatMap((name) => {
    const known = FAILURE_CLASSES.find((one) => one === name);
    if (known === undefined) problems.push(`class ${name} is none of ${FAILURE_CLASSES.join(", ")}`);
    return known ?? [];
  });
}

function offsetsOf(value: unknown, problems: string[]): NonNullable<Selection["offsets"]> {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item) => {
    const members = new Map<string, unknown>(typeof item === "object" && item !== null ? Object.entries(item) : []);
    const [partition, first, last] = [members.get("partition"), members.get("first"), members.get("last")];
    if (isWhole(partition) && isWhole(first) && isWhole(last)) return [{ partition, first, last }];
    problems.push("offsets must be a list of {partition, first, last}");
    return [];
  });
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

const decoder = new TextDecoder();

export function compileSelection(selection: Selection): CompiledSelection {
  const problems: string[] = [];
  const since = timeOf(selection.since, "since", problems);
  const until = timeOf(selection.until, "until", problems);
  for (const name of selection.class ?? [])
    if (!FAILURE_CLASSES.includes(name)) problems.push(`class ${name} is none of ${FAILURE_CLASSES.join(", ")}`);
  const filter = compileFilter(selection.filter, problems);
  if (problems.length > 0) return { matches: null, problems };
  const any = <T>(wanted: readonly T[] | undefined, is: (one: T) => boolean): boolean => wanted === undefined || wanted.some(is);
  const matches = (letter: Letter): boolean => {
    const { description: d, record, partition } = letter;
    const at = failedAt(letter);
    return (
      any(selection.class, (name) => d.class === name) &&
      any(selection.rule, (rule) => d.rules.some((r) => r === rule || r.endsWith(`/${rule}`))) &&
      any(selection.stage, (stage) => d.stage === stage) &&
      any(selection.owner, (owner) => d.owner === owner) &&
      any(selection.fingerprint, (print) => d.fingerprint === print) &&
      any(selection.window, (window) => d.verdict === window || headerText(record.headers, "weir.window") === window) &&
      any(selection.key, (key) => record.key !== null && decoder.decode(record.key) === key) &&
      any(selection.offsets, (o) => o.partition === partition && o.first <= record.offset && record.offset <= o.last) &&
      at >= since &&
      at < until &&
      filter(letter)
    );
  };
  return { matches, problems };
}

/** When it failed; of a foreign dead letter, when it was written. */
export function failedAt({ description, record }: Letter): number {
  const told = description.failedAt === null ? NaN : Date.parse(description.failedAt);
  return Number.isNaN(told) ? record.timestamp : told;
}

function timeOf(text: string | undefined, name: "since" | "until", problems: string[]): number {
  if (text === undefined) return name === "since" ? -Infinity : Infinity;
  const time = Date.parse(text);
  if (Number.isNaN(time)) problems.push(`${name} must be a time such as 2013-02-05T12:00:00Z`);
  return time;
}

function compileFilter(source: string | undefined, problems: string[]): (letter: Letter) => boolean {
  if (source === undefined) return () => true;
  const fields = new Map([
    ["record", "dyn"],
    ["headers", "dyn"],
  ] as const);
  const { expression, problems: found } = compileExpression(source, fields, { expect: "bool" });
  for (const { message, column, hint } of found)
    problems.push(`filter, column ${column}: ${message}${hint === undefined ? "" : ` (${hint})`}`);
  return ({ record }) => {
    try {
      const scope = { record: record.value === null ? null : jsonOf(record.value), headers: headerScope(record.headers) };
      return expression?.evaluate(scope) === true;
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  };
}

function jsonOf(value: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(value));
  } catch {
    return null;
  }
}
