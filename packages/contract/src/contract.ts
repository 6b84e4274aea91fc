import type { FieldInfo } from "./fields.ts";
import type { FieldRequest } from "./request.ts";
import type { ReaderOptions, RecordReader } from "./result.ts";

/** A compiled contract: what records must look like, and how to get columns out of them. */
export interface Contract {
  /** Digest of the schema with its keys sorted; null when no `sha256` was given. */
  readonly digest: string | null;
  /** Every field that the schema declares at a fixed place, parents before children. */
  readonly fields: readonly FieldInfo[];
  field(pointer: string): FieldInfo | null;
  /** May a valid record have something at the pointer? False only where the schema closes it out. */
  allows(pointer: string): boolean;
  reader(requests: readonly FieldRequest[]): RecordReader;
}

export interface ContractOptions extends ReaderOptions {
  /** Hex digest of a text, for `Contract.digest`. */
  readonly sha256?: (text: string) => string;
}
