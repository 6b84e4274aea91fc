import { findHeader, NOTHING_ADDED, type Batch, type Column } from "@weir/record";
import { decodeFailure } from "../exact.ts";
import { createReader, type ReadBytes } from "../reader.ts";
import { childPointer, columnKey, parsePointer, type FieldRequest } from "../request.ts";
import type { ReadFailure, ReaderOptions } from "../result.ts";

/** Header in which a prediction travels beside a value that takes no member. */
export const PREDICTION_HEADER = "weir.prediction";

export interface Carrying extends Required<ReaderOptions> {
  readonly carried: ReadonlySet<string>;
}

/** Requests of carried members are read from the header of predictions, JSON, and the others as `own` reads them. */
export function withCarried(
  requests: readonly FieldRequest[],
  { carried, maxBytes, maxDepth }: Carrying,
  own: (requests: readonly FieldRequest[]) => ReadBytes,
): ReadBytes {
  const isCarried = ({ pointer }: FieldRequest): boolean => carried.has(parsePointer(pointer)[0] ?? "");
  const beside = requests.filter(isCarried);
  const readOwn = own(requests.filter((request) => !isCarried(request)));
  if (beside.length === 0) return readOwn;
  const within = beside.map((request) => ({ ...request, pointer: withoutFirst(request.pointer) }));
  const reader = createReader(within, { maxBytes, maxDepth });
  return (batch) => {
    const { columns, failures } = readOwn(batch);
    const predictions = predictionsOf(batch);
    const read = reader.read(predictions);
    const all = new Map<string, Column>(columns);
    beside.forEach((request, i) => all.set(columnKey(request), read.columns.get(columnKey(within[i]!))!)); // parallel; a column for each request
    return { columns: all, failures: withFailures(failures, read.failures, predictions) };
  };
}

function withoutFirst(pointer: string): string {
  return parsePointer(pointer)
    .slice(1)
    .reduce((path, token) => childPointer(path, token), "");
}

/** The texts of the headers as the values of a batch; null where there is no prediction. */
function predictionsOf(batch: Batch): Batch {
  const valueAt = new Int32Array(batch.count);
  const valueLength = new Int32Array(batch.count).fill(-1);
  const added = batch.added.headers.find(({ name }) => name === PREDICTION_HEADER);
  if (added !== undefined) return { ...batch, bytes: added.bytes, valueAt: added.at, valueLength: added.length, added: NOTHING_ADDED };
  const finder = findHeader(batch, PREDICTION_HEADER);
  for (let row = 0; row < batch.count; row++) {
    finder.find(row);
    valueAt[row] = finder.at;
    valueLength[row] = finder.length;
  }
  return { ...batch, bytes: batch.headerBytes, valueAt, valueLength, added: NOTHING_ADDED };
}

/** Whoever has no prediction lacks its members; one that cannot be read is damaged. */
function withFailures(
  own: ReadonlyMap<number, ReadFailure>,
  read: ReadonlyMap<number, ReadFailure>,
  { valueLength }: Batch,
): ReadonlyMap<number, ReadFailure> {
  const damaged = [...read].filter(([row]) => valueLength[row]! >= 0 && !own.has(row)); // row < count
  if (damaged.length === 0) return own;
  return new Map([
    ...own,
    ...damaged.map(([row, { message }]) => [row, decodeFailure(`header ${PREDICTION_HEADER}: ${message}`)] as const),
  ]);
}
