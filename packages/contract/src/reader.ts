import { allRows, type Batch, type Column } from "@weir/record";
import { readExactly, type Bounds } from "./exact.ts";
import { buildPlan } from "./plan.ts";
import { knownNames } from "./known-names.ts";
import { columnKey, distinctRequests, type FieldRequest } from "./request.ts";
import {
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_DEPTH,
  type ReadFailure,
  type ReadResult,
  type ReaderOptions,
  type RecordReader,
} from "./result.ts";
import type { Schema } from "./schema.ts";
import { createBatchScanner } from "./shape/batch-scanner.ts";
import { beginTarget, createTarget, finishTarget } from "./target.ts";
import type { Validator } from "./validator.ts";
import { valuesOf } from "./values.ts";

/** A reader without a schema, for records that somebody has checked already: it decodes and picks fields. */
export function createReader(requests: readonly FieldRequest[], options: ReaderOptions = {}): RecordReader {
  return readerOf(requests, { ...boundsOf(options), schema: true, validator: null });
}

export function boundsOf(options: ReaderOptions): Bounds {
  return { maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES, maxDepth: Math.min(options.maxDepth ?? DEFAULT_MAX_DEPTH, 1000) };
}

export interface ReaderSource extends Bounds {
  readonly schema: Schema;
  /** Null: records are only decoded. */
  readonly validator: Validator | null;
  /** Reads every record the exact way: what tests hold the scanner to. */
  readonly exactly?: boolean;
}

/** What was read of a batch, known by the places of its values: stamping an id leaves those alone. */
interface Ahead {
  readonly valueAt: Int32Array;
  readonly result: ReadResult;
}

/** More batches than one fetch has: what was read ahead and never asked for again is forgotten. */
const MOST_AHEAD = 512;

export type ReadBytes = (batch: Batch) => ReadResult;

export function readerOf(requests: readonly FieldRequest[], source: ReaderSource): RecordReader {
  return readerWith(requests, { checks: source.validator !== null, readBytes: (rest) => bytesReader(rest, source) });
}

/** How a format is read: `checks` where every record is held to the contract. */
export interface ReaderWay {
  readonly checks: boolean;
  readonly readBytes: (requests: readonly FieldRequest[]) => ReadBytes;
}

/**
 * Columns that an earlier stage of a fused chain provided are taken as they are. Without a schema only the others are read,
 * and nothing at all if there are none; with one every record is checked all the same.
 */
export function readerWith(requests: readonly FieldRequest[], { checks, readBytes: compile }: ReaderWay): RecordReader {
  const distinct = distinctRequests(requests);
  // A plain list: what a Map, weak or not, has held for a moment outlives minor collections, and with it all bytes of a batch.
  const ahead: Ahead[] = [];
  const bySubset = new Map<string, ReadBytes>();
  const read = (batch: Batch): ReadResult => {
    const columns = new Map<string, Column>();
    const rest = distinct.filter((request) => {
      const column = batch.added.columns.get(columnKey(request));
      if (column === undefined || (column.kind === "vector" && column.width !== request.width)) return true;
      columns.set(columnKey(request), column);
      return false;
    });
    if (rest.length === 0 && !checks) return { columns, failures: new Map() };
    const subset = rest.map(columnKey).join("\n");
    let readBytes = bySubset.get(subset);
    if (!readBytes) bySubset.set(subset, (readBytes = compile(rest)));
    const result = readBytes(batch);
    for (const [key, column] of result.columns) columns.set(key, column);
    return { columns, failures: result.failures };
  };
  return {
    requests: distinct,
    read: (batch) => {
      const at = ahead.findIndex(({ valueAt }) => valueAt === batch.valueAt);
      return ahead.splice(at, at < 0 ? 0 : 1)[0]?.result ?? read(batch);
    },
    readAhead: (batch) => {
      if (ahead.length >= MOST_AHEAD) ahead.length = 0;
      const result = read(batch);
      ahead.push({ valueAt: batch.valueAt, result });
      return result;
    },
  };
}

function bytesReader(requests: readonly FieldRequest[], source: ReaderSource): ReadBytes {
  const knows = knownNames(source.schema);
  const targets = requests.map((request) => createTarget(request, knows));
  const plan = source.exactly ? null : buildPlan(source.schema, targets, source.validator);
  const scanner = plan === null ? null : createBatchScanner(plan, targets, source);
  return (batch) => {
    const values = valuesOf(batch);
    const failures = new Map<number, ReadFailure>();
    for (const target of targets) beginTarget(target, batch.count);
    const left = scanner === null ? allRows(batch.count) : scanner.read(values, batch.count);
    for (const row of left) {
      const failure = readExactly(values, row, targets, source);
      if (failure !== null) failures.set(row, failure);
    }
    const columns = new Map<string, Column>();
    for (const target of targets) columns.set(columnKey(target.request), finishTarget(target, values.bytes));
    return { columns, failures };
  };
}
