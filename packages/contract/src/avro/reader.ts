import { OTHER, type Batch, type Column } from "@weir/record";
import { contractFailure, decodeFailure, timeViolation, type Bounds } from "../exact.ts";
import { readerWith } from "../reader.ts";
import { columnKey, type FieldRequest } from "../request.ts";
import type { ReadFailure, ReadResult, RecordReader, Violation } from "../result.ts";
import { beginTarget, clearRow, createTarget, finishTarget, putNames, type Target } from "../target.ts";
import { codeOfNames } from "../unknown-names.ts";
import { valuesOf, type Values } from "../values.ts";
import { beginBytes, beginRecord, createCursor, type Cursor } from "./bytes.ts";
import { withCarried } from "./carried.ts";
import { compileColumns } from "./columns.ts";
import { AvroFault, readPlain } from "./plain.ts";
import { resolve, type Reading } from "./resolve.ts";
import type { Reached, Step } from "./scalar-steps.ts";
import type { AvroType } from "./schema.ts";
import { FRAME_BYTES, schemaIdAt, type WriterSchema, type WriterSchemas } from "./writers.ts";

export interface AvroSource extends Bounds {
  /** The contract. */
  readonly type: AvroType;
  readonly writers: WriterSchemas;
  /** Names of members that travel in the header of predictions, beside the value. */
  readonly carried: ReadonlySet<string>;
  /** Are records told that break the contract? Else they are only decoded. */
  readonly checks: boolean;
}

/** Fills columns straight from the bytes of Avro records in Confluent's framing; of each writer's schema by steps of its own. */
export function avroReader(requests: readonly FieldRequest[], source: AvroSource): RecordReader {
  return readerWith(requests, { checks: source.checks, readBytes: (rest) => withCarried(rest, source, (own) => bytesReader(own, source)) });
}

/** Writers of more schemas than one topic should have; past them all are compiled anew. */
const MOST_WRITERS = 256;

/** Columns as one writer's records fill them. */
interface Compiled {
  readonly step: Step;
  readonly reading: Reading;
  readonly unknown: readonly string[];
}

interface Work {
  readonly source: AvroSource;
  readonly targets: readonly Target[];
  readonly unknown: Target | null;
  readonly reached: Reached;
  readonly compiled: Map<number, Compiled>;
  readonly cursor: Cursor;
}

function bytesReader(requests: readonly FieldRequest[], source: AvroSource): (batch: Batch) => ReadResult {
  // What a contract does not know is told by the schemas, not by the values.
  const targets = requests.map((request) => createTarget(request, () => true));
  const unknown = targets.find((target) => target.unknown !== null) ?? null;
  const work: Work = { source, targets, unknown, reached: { values: NO_VALUES }, compiled: new Map(), cursor: createCursor() };
  return (batch) => {
    const values = valuesOf(batch);
    for (const target of targets) beginTarget(target, batch.count);
    work.reached.values = values;
    beginBytes(work.cursor, values.bytes);
    const failures = new Map<number, ReadFailure>();
    for (let row = 0; row < batch.count; row++) {
      const failure = readRow(work, values, row);
      if (failure !== null) failures.set(row, failure);
    }
    work.reached.values = NO_VALUES; // whoever holds the reader does not hold the batch
    beginBytes(work.cursor, NO_VALUES.bytes);
    const columns = new Map<string, Column>();
    for (const target of targets) columns.set(columnKey(target.request), finishTarget(target, values.bytes));
    return { columns, failures };
  };
}

const NO_VALUES: Values = { bytes: new Uint8Array(0), at: new Int32Array(0), length: new Int32Array(0) };

function readRow(work: Work, { bytes, at: ats, length: lengths }: Values, row: number): ReadFailure | null {
  const { cursor, source, unknown } = work;
  const at = ats[row]!; // row < count, as the next line
  const length = lengths[row]!;
  const id = schemaIdAt(bytes, at, length);
  if (id < 0 || length > source.maxBytes) return decodeFailure(unframed(bytes, at, length, source));
  const compiled = work.compiled.get(id) ?? compileFor(id, work);
  if ("why" in compiled) {
    const failure = decodeFailure(`schema ${id} of the registry: ${compiled.why}`);
    return compiled.isFinal ? failure : { ...failure, retriable: true };
  }
  beginRecord(cursor, at + FRAME_BYTES, at + length);
  const isRead = compiled.step(cursor, row) && cursor.at === cursor.end;
  if (isRead && unknown !== null) putNames(unknown, row, codeOfNames(unknown.unknown!, compiled.unknown)); // it has them
  if (isRead && !cursor.violated) return null;
  return explain(work, compiled.reading, { at, length, row, isRead });
}

/** Why a value has no schema. */
function unframed(bytes: Uint8Array, at: number, length: number, { maxBytes }: Bounds): string {
  if (length < 0) return "the value is null (a tombstone)";
  if (length > maxBytes) return `the value has ${length} bytes, at most ${maxBytes} are read`;
  if (length < FRAME_BYTES) return `the value has ${length} bytes, less than the ${FRAME_BYTES} of Confluent's framing`;
  return `the value begins with byte ${bytes[at]} instead of 0: it has not Confluent's framing`;
}

function compileFor(id: number, { source, targets, reached, compiled }: Work): Compiled | Extract<WriterSchema, { why: string }> {
  const writer = source.writers.get(id);
  if (writer === undefined) throw new Error(`nobody asked the registry for schema ${id} before its records were read`);
  if ("why" in writer) return writer; // not kept: the registry may know it later
  const reading = resolve(writer.type, source.type);
  const unknown = reading.kind === "record" ? reading.unknown : [];
  const made = { reading, unknown, step: compileColumns(reading, targets, reached, source.maxDepth) };
  if (compiled.size >= MOST_WRITERS) compiled.clear();
  compiled.set(id, made);
  return made;
}

interface Told {
  readonly at: number;
  readonly length: number;
  readonly row: number;
  readonly isRead: boolean;
}

/** Reads the record once more, to say what is wrong with it. */
function explain(work: Work, reading: Reading, { at, length, row, isRead }: Told): ReadFailure | null {
  const { cursor, source, targets } = work;
  beginRecord(cursor, at + FRAME_BYTES, at + length);
  try {
    const { violations } = readPlain(cursor, reading, source);
    if (!isRead) throw new Error(`the two ways of reading Avro disagree over ${length} bytes`);
    const times = targets.filter((target) => target.request.as === "time" && target.presence[row] === OTHER).map(timeViolation);
    const all: readonly Violation[] = source.checks ? [...violations, ...times] : times;
    return all.length === 0 ? null : contractFailure(all);
  } catch (error) {
    if (!(error instanceof AvroFault)) throw error;
    for (const target of targets) clearRow(target, row);
    return decodeFailure(`the value is not what its schema says: ${error.message}`);
  }
}
