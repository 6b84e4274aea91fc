import type { Batch, Column } from "@weir/record";
import type { FieldRequest } from "./request.ts";

/** One way in which a record broke its contract. */
export interface Violation {
  /** JSON pointer to the offending value. */
  readonly pointer: string;
  /** The keyword of JSON Schema that was broken; `time` where a requested time cannot be read. */
  readonly keyword: string;
  readonly message: string;
}

/** Why a record cannot be used: not JSON at all (DECODE), or JSON that the contract forbids (CONTRACT). */
export interface ReadFailure {
  readonly class: "DECODE" | "CONTRACT";
  readonly message: string;
  /** At most 20; none for DECODE. */
  readonly violations: readonly Violation[];
  /** Others might make it readable as it is: a registry that does not know its schema may come to know it. Absent: false. */
  readonly retriable?: true;
}

/** Columns by `columnKey`, parallel to the rows of the batch. */
export interface ReadResult {
  readonly columns: ReadonlyMap<string, Column>;
  /** By row. Rows that fail with CONTRACT still carry what can be read; rows that fail with DECODE are ABSENT. */
  readonly failures: ReadonlyMap<number, ReadFailure>;
}

/** Fills columns from the bytes of a batch. */
export interface RecordReader {
  readonly requests: readonly FieldRequest[];
  read(batch: Batch): ReadResult;
  /** The same, and the next `read` of these values, stamped with an id or not, costs nothing. */
  readAhead(batch: Batch): ReadResult;
}

/** Bounds on a record; past them it is a DECODE failure. */
export interface ReaderOptions {
  /** Of the value with its tail; default 16 MiB. */
  readonly maxBytes?: number;
  /** Arrays and objects inside one another; default 64. */
  readonly maxDepth?: number;
}

export const MAX_VIOLATIONS = 20;
export const DEFAULT_MAX_BYTES: number = 16 * 1024 * 1024;
export const DEFAULT_MAX_DEPTH = 64;
