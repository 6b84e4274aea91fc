import { WeirError } from "@weir/record";
import { distances, type DistanceName } from "@weir/stats";
import { canonicalJson } from "../canonical.ts";
import { AFTER_BINS, AFTER_VALUES, leadingCells, type Baseline, type BaselineColumn, type Reference } from "./baseline.ts";

/**
 * Reads a baseline file. Its form: `{kind: "Baseline", v: 1, name, version, records, columns: {POINTER: COLUMN}, digest}` with
 * `{kind: "number", min, max, edges, mean, sigma, cells, counts, references?, calibrated?}` or
 * `{kind: "category", values, others?, cells, counts, references?, calibrated?}` as COLUMN; further members are kept out of the way.
 * @throws {WeirError} WEIR-2210 naming the first thing that is wrong
 */
export function parseBaseline(text: string, where: string, sha256: (text: string) => string): Baseline {
  const reader = readerOf(where);
  const file = reader.object(parseJson(text, where), "the file");
  if (file["kind"] !== "Baseline" || file["v"] !== 1) throw reader.wrong("kind", 'expected kind: "Baseline" and v: 1');
  const { digest, ...rest } = file;
  if (digest !== sha256(canonicalJson(rest))) {
    throw reader.wrong("digest", "the digest does not belong to the file: baselines are immutable, so learn a new one");
  }
  const columns = Object.entries(reader.object(file["columns"], "columns"));
  return {
    name: reader.text(file["name"], "name"),
    version: reader.count(file["version"], "version"),
    digest: reader.text(digest, "digest"),
    records: reader.count(file["records"], "records"),
    columns: Object.fromEntries(columns.map(([pointer, column]) => [pointer, parseColumn(reader, column, `columns ${pointer}`)])),
  };
}

/** The text of a baseline file with its digest: what `parseBaseline` takes. */
export function baselineText(content: Readonly<Record<string, unknown>>, sha256: (text: string) => string): string {
  const { digest: _old, ...rest } = content;
  return `${JSON.stringify({ ...rest, digest: sha256(canonicalJson(rest)) }, null, 1)}\n`;
}

function parseColumn(reader: Reader, value: unknown, at: string): BaselineColumn {
  const column = reader.object(value, at);
  const kind = column["kind"];
  if (kind !== "number" && kind !== "category") throw reader.wrong(`${at}/kind`, 'expected "number" or "category"');
  const common = {
    cells: reader.texts(column["cells"], `${at}/cells`),
    counts: reader.list(column["counts"], `${at}/counts`).map((n) => reader.count(n, `${at}/counts`)),
    references: parseReferences(reader, column["references"] ?? {}, `${at}/references`),
    calibrated: column["calibrated"] === "required" ? ("required" as const) : ("optional" as const),
  };
  const parsed: BaselineColumn =
    kind === "number"
      ? {
          kind,
          ...common,
          min: reader.number(column["min"], `${at}/min`),
          max: reader.number(column["max"], `${at}/max`),
          edges: reader.list(column["edges"], `${at}/edges`).map((edge) => reader.number(edge, `${at}/edges`)),
          mean: reader.number(column["mean"], `${at}/mean`),
          sigma: reader.number(column["sigma"], `${at}/sigma`),
        }
      : {
          kind,
          ...common,
          values: reader.texts(column["values"], `${at}/values`),
          others: reader.texts(column["others"] ?? [], `${at}/others`),
        };
  checkCells(reader, parsed, at);
  return parsed;
}

/** Names of bins are for people and may be rounded; how many there are, and what stands behind them, is what counts. */
function checkCells(reader: Reader, column: BaselineColumn, at: string): void {
  const lead = leadingCells(column).length;
  const after = column.kind === "number" ? AFTER_BINS : AFTER_VALUES;
  const rest = column.cells.slice(lead);
  if (column.cells.length < lead || rest.some((cell, i) => !after.includes(cell) || rest.indexOf(cell) !== i)) {
    throw reader.wrong(`${at}/cells`, `expected ${lead} cells for the values, then of ${after.join(", ")} those that are counted`);
  }
  if (column.counts.length !== column.cells.length) throw reader.wrong(`${at}/counts`, "expected one count for every cell");
  if (column.kind === "number" && column.edges.some((edge, i) => i > 0 && edge <= (column.edges[i - 1] ?? -Infinity))) {
    throw reader.wrong(`${at}/edges`, "edges must rise");
  }
}

function parseReferences(reader: Reader, value: unknown, at: string): Partial<Record<DistanceName, Reference>> {
  const found: Partial<Record<DistanceName, Reference>> = {};
  const object = reader.object(value, at);
  for (const { name } of Object.values(distances)) {
    if (object[name] === undefined) continue;
    const reference = reader.object(object[name], `${at}/${name}`);
    found[name] = {
      windows: reader.count(reference["windows"], `${at}/${name}/windows`),
      mean: reader.number(reference["mean"], `${at}/${name}/mean`),
      sd: reader.number(reference["sd"], `${at}/${name}/sd`),
    };
  }
  return found;
}

interface Reader {
  object(value: unknown, at: string): Readonly<Record<string, unknown>>;
  list(value: unknown, at: string): readonly unknown[];
  texts(value: unknown, at: string): string[];
  text(value: unknown, at: string): string;
  number(value: unknown, at: string): number;
  count(value: unknown, at: string): number;
  wrong(at: string, why: string): WeirError;
}

function readerOf(where: string): Reader {
  const wrong = (at: string, why: string): WeirError =>
    new WeirError({
      code: "WEIR-2210",
      what: "the baseline cannot be used",
      where: `${where}: ${at}`,
      why,
      fix: "make it again with weir gate learn",
    });
  const list = (value: unknown, at: string): readonly unknown[] => {
    if (!Array.isArray(value)) throw wrong(at, "expected a list");
    return value;
  };
  const text = (value: unknown, at: string): string => {
    if (typeof value !== "string") throw wrong(at, "expected text");
    return value;
  };
  const number = (value: unknown, at: string): number => {
    if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(at, "expected a finite number");
    return value;
  };
  return {
    wrong,
    list,
    text,
    number,
    texts: (value, at) => list(value, at).map((item) => text(item, at)),
    count: (value, at) => {
      const n = number(value, at);
      if (!Number.isSafeInteger(n) || n < 0) throw wrong(at, "expected a whole number of at least 0");
      return n;
    },
    object: (value, at) => {
      if (!isObject(value)) throw wrong(at, "expected an object");
      return value;
    },
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw readerOf(where).wrong("the file", `it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
