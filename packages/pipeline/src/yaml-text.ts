import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import type { SpecCode } from "./codes.ts";
import { placeText, pathText, type Path, type SpecProblem } from "./problems.ts";
import { nestingBound } from "./yaml-depth.ts";
import { substitute, type Surroundings } from "./substitute.ts";

export const MAX_FILE_BYTES = 1_048_576;
/** The first ones explain the others. */
const MAX_SYNTAX_PROBLEMS = 20;
const MAX_DEPTH = 64;
/** Of the text as it stands, before it is known what is nested in it. */
const MAX_NESTING_BOUND = 200;
const MAX_ALIASES = 100;
const MAX_NODES = 100_000;

/** A YAML file as plain data, with the place of every value. */
export interface YamlText {
  readonly file: string;
  /** undefined where nothing could be read. */
  readonly value: unknown;
  readonly problems: readonly SpecProblem[];
  /** Did a substitution make the value of this path? */
  substituted(path: Path): boolean;
  /** A problem at a path, or at the nearest path above it that the file has. */
  problem(code: SpecCode, path: Path, said: Said): SpecProblem;
}

export interface Said {
  readonly what: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
  readonly severity?: "error" | "warning";
  /** Point at the key instead of the value. */
  readonly atKey?: boolean;
  /** Characters into the text of the scalar, from 0. */
  readonly textOffset?: number;
}

interface Spot {
  readonly value: number;
  readonly key: number;
  readonly substituted: boolean;
  /** Source offset of the scalar's first character, where text and source run in parallel; -1 where they do not. */
  readonly text: number;
}

interface Reading {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly surroundings: Surroundings | null;
  readonly spots: Map<string, Spot>;
  readonly problems: SpecProblem[];
  nodes: number;
  aliases: number;
}

/** Reads YAML 1.2 core. `surroundings` null: no substitution. */
export function readYaml(text: string, file: string, surroundings: Surroundings | null): YamlText {
  const lines = new LineCounter();
  const bounded = new TextEncoder().encode(text).length <= MAX_FILE_BYTES && nestingBound(text) <= MAX_NESTING_BOUND;
  const document = bounded ? parse(text, lines) : null;
  const empty = parseDocument("", { version: "1.2" });
  const reading: Reading = {
    file,
    text,
    document: document ?? empty,
    lines,
    surroundings,
    spots: new Map(),
    problems: [],
    nodes: 0,
    aliases: 0,
  };
  if (document === null)
    report(reading, "WEIR-1002", 0, [], { what: "the file is too large or nested too deeply", why: "at most 1 MiB and 64 levels" });
  for (const error of document?.errors.slice(0, MAX_SYNTAX_PROBLEMS) ?? []) {
    const twice = error.code === "DUPLICATE_KEY";
    report(reading, twice ? "WEIR-1003" : "WEIR-1001", error.pos[0], [], {
      what: twice ? "a key stands twice" : firstLine(error.message),
      fix: hint(text, error.pos[0]),
    });
  }
  const value = reading.problems.length === 0 ? convert(reading, document?.contents ?? null, [], -1, 0) : undefined;
  return {
    file,
    value,
    problems: reading.problems,
    substituted: (path) => reading.spots.get(spotKey(path))?.substituted ?? false,
    problem: (code, path, said) => problemAt(reading, code, path, said),
  };
}

function parse(text: string, lines: LineCounter): Document {
  return parseDocument(text, { version: "1.2", schema: "core", merge: false, uniqueKeys: true, lineCounter: lines, prettyErrors: false });
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}

function hint(text: string, offset: number): string | undefined {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(start, text.indexOf("\n", offset) < 0 ? undefined : text.indexOf("\n", offset));
  if (line.includes("${")) return "put a value with ${…} in quotes when it stands inside { } or [ ]";
  return line.includes("\t") ? "indent with spaces, not with tabs" : undefined;
}

function convert(reading: Reading, node: unknown, path: Path, key: number, depth: number): unknown {
  reading.nodes++;
  if (depth > MAX_DEPTH || reading.nodes > MAX_NODES)
    return tooMuch(reading, path, key, depth > MAX_DEPTH ? "nested too deeply" : "the file has too many values");
  const at = rangeStart(node, key);
  if (isAlias(node)) {
    if (++reading.aliases > MAX_ALIASES) return tooMuch(reading, path, at, "more than 100 aliases");
    return convert(reading, node.resolve(reading.document), path, key, depth + 1);
  }
  reading.spots.set(spotKey(path), { value: at, key: key < 0 ? at : key, substituted: false, text: -1 });
  if (isMap(node)) return convertMap(reading, node.items, path, depth);
  if (isSeq(node)) return node.items.map((item, index) => convert(reading, item, [...path, index], -1, depth + 1));
  if (!isScalar(node)) return null;
  return typeof node.value === "string" ? convertText(reading, node, node.value, path, key) : plainValue(node.value);
}

function convertMap(reading: Reading, items: readonly { key: unknown; value: unknown }[], path: Path, depth: number): unknown {
  const entries: [string, unknown][] = [];
  for (const item of items) {
    const key = isScalar(item.key) ? plainKey(item.key.value) : null;
    const at = rangeStart(item.key, 0);
    if (key === "<<") report(reading, "WEIR-1004", at, path, { what: "merge keys (`<<`) are not read", fix: "write the keys out" });
    else if (key === null || key === "__proto__") report(reading, "WEIR-1003", at, path, { what: "a key must be plain text" });
    else entries.push([key, convert(reading, item.value, [...path, key], at, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

/** `1: x` has the key "1"; a date or a map is no key. */
function plainKey(key: unknown): string | null {
  if (typeof key === "string") return key;
  return typeof key === "number" || typeof key === "boolean" || typeof key === "bigint" ? String(key) : null;
}

function convertText(reading: Reading, node: Node & { type?: string }, value: string, path: Path, key: number): string {
  const at = rangeStart(node, key);
  const quoted = node.type === "QUOTE_SINGLE" || node.type === "QUOTE_DOUBLE";
  const start = at + (quoted ? 1 : 0);
  const parallel = reading.text.startsWith(value, start) ? start : -1;
  const result = reading.surroundings === null ? null : substitute(value, reading.surroundings);
  reading.spots.set(spotKey(path), {
    value: at,
    key: key < 0 ? at : key,
    substituted: result?.changed ?? false,
    text: result?.changed ? -1 : parallel,
  });
  for (const problem of result?.problems ?? []) report(reading, problem.code, at, path, problem);
  return result?.text ?? value;
}

/** Numbers beyond 2^53 arrive as bigint only with an option that is off. */
function plainValue(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

function tooMuch(reading: Reading, path: Path, offset: number, what: string): null {
  const said = reading.problems.some((problem) => problem.code === "WEIR-1002");
  if (!said) report(reading, "WEIR-1002", Math.max(offset, 0), path.slice(0, 8), { what });
  return null;
}

function problemAt(reading: Reading, code: SpecCode, path: Path, said: Said): SpecProblem {
  let known = path;
  let spot = reading.spots.get(spotKey(known));
  while (spot === undefined && known.length > 0) {
    known = known.slice(0, -1);
    spot = reading.spots.get(spotKey(known));
  }
  return makeProblem(reading, code, spot === undefined ? 0 : offsetIn(spot, said, known.length < path.length), path, said);
}

function offsetIn(spot: Spot, said: Said, above: boolean): number {
  if (said.textOffset !== undefined && spot.text >= 0 && !above) return spot.text + said.textOffset;
  return said.atKey || above ? spot.key : spot.value;
}

function report(reading: Reading, code: SpecCode, offset: number, path: Path, said: Said): void {
  reading.problems.push(makeProblem(reading, code, offset, path, said));
}

function makeProblem(reading: Reading, code: SpecCode, offset: number, path: Path, said: Said): SpecProblem {
  const { line, col } = reading.lines.linePos(offset);
  const place = {
    file: reading.file,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    ...(path.length === 0 ? {} : { path: pathText(path) }),
  };
  return {
    code,
    severity: said.severity ?? "error",
    what: said.what,
    ...(said.why === undefined ? {} : { why: said.why }),
    ...(said.fix === undefined ? {} : { fix: said.fix }),
    where: placeText(place),
    ...place,
  };
}

function rangeStart(node: unknown, otherwise: number): number {
  const range: unknown = typeof node === "object" && node !== null && "range" in node ? node.range : null;
  const start: unknown = Array.isArray(range) ? range[0] : null;
  return typeof start === "number" ? start : Math.max(otherwise, 0);
}

function spotKey(path: Path): string {
  return path.join("\u0000");
}
