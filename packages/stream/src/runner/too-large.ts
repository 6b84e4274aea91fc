import { MAX_RECORD_BYTES, MAX_VALUE_BYTES, type Batch, type Failure } from "@weir/record";
import type { Decided, Port } from "../stage.ts";

/** What Weir adds to a record (its id, tags, a prediction) is never more than the record and this. */
const ADDED_BYTES = 65_536;
const encoder = new TextEncoder();

/**
 * Records that fit no topic, whole or with what was added to them, are refused for that, whatever else was decided: their dead
 * letter tells where they are and does not hold them.
 */
export function refuseTooLarge(decided: Decided, ports: readonly Port[]): Decided {
  const { batch, rows } = decided;
  if (2 * bytesOf(batch) + ADDED_BYTES <= MAX_VALUE_BYTES) return decided; // then no record of it can be
  let found: Map<number, string> | null = null;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!; // i is a position of the decision
    if (2 * readBytes(batch, row) + ADDED_BYTES <= MAX_VALUE_BYTES) continue;
    const why = tooLarge(decided, i, row);
    if (why !== null) (found ??= new Map()).set(i, why);
  }
  const refusing = ports.findIndex((port) => port.kind === "dead-letter");
  return found === null || refusing < 0 ? decided : refuse(decided, found, refusing);
}

function refuse(decided: Decided, found: ReadonlyMap<number, string>, refusing: number): Decided {
  const ports = decided.ports.slice();
  const failures = new Map<number, Failure>(decided.failures);
  for (const [i, message] of found) {
    ports[i] = refusing;
    failures.set(i, { ...failures.get(i), class: "TOO_LARGE", message });
  }
  const copies = decided.copies?.map(({ topic, positions }) => ({ topic, positions: positions.filter((i) => !found.has(i)) }));
  return { ...decided, ports, failures, ...(copies && { copies }) };
}

/** Of all records together, and what lies between them. */
function bytesOf({ bytes, headerBytes }: Batch): number {
  return bytes.length + (headerBytes === bytes ? 0 : headerBytes.length);
}

function readBytes(batch: Batch, row: number): number {
  return Math.max(0, batch.keyLength[row]!) + Math.max(0, batch.valueLength[row]!) + batch.headersLength[row]!; // row < count
}

function tooLarge(decided: Decided, i: number, row: number): string | null {
  const value = decided.batch.valueLength[row]!; // row < count
  if (value > MAX_VALUE_BYTES) return `the value has ${value} bytes, at most ${MAX_VALUE_BYTES} can be carried; it stays where it was read`;
  const all = readBytes(decided.batch, row) + addedBytes(decided, i, row);
  if (all <= MAX_RECORD_BYTES) return null;
  return `key, value and headers have ${all} bytes, at most ${MAX_RECORD_BYTES} can be carried; they stay where they were read`;
}

function addedBytes({ batch, headers = [], tails }: Decided, i: number, row: number): number {
  let bytes = 0;
  const add = (name: string, length: number): void => void (bytes += length < 0 ? 0 : encoder.encode(name).length + length);
  for (const header of batch.added.headers) add(header.name, header.length[row]!); // parallel to the batch
  for (const header of headers) add(header.name, header.length[i]!); // parallel to rows
  add("", batch.added.tails?.length[row] ?? 0);
  add("", tails?.length[i] ?? 0);
  return bytes;
}
