import { crc32 } from "node:zlib";
import { headerText, type Batch, type Header } from "@weir/record";
import type { WindowContext } from "@weir/rules";

/** Adds up what the records of a batch say of it, and what they are. */
export interface Declaration {
  take(batch: Batch, row: number, headers: readonly Header[]): void;
  /** `records`: how many the batch has. */
  told(records: number): NonNullable<WindowContext["batch"]>;
}

/** `sums`: is there a rule that compares checksums? */
export function createDeclaration(sums: boolean): Declaration {
  let records = -1;
  let checksum: string | null = null;
  let sum = 0;
  return {
    take: (batch, row, headers) => {
      const declared = Number(headerText(headers, "batch-count") ?? -1);
      if (Number.isInteger(declared)) records = Math.max(records, declared);
      if (!sums) return;
      checksum = headerText(headers, "batch-checksum")?.toLowerCase() ?? checksum;
      const at = batch.valueAt[row]!; // row < count
      const length = Math.max(0, batch.valueLength[row]!); // as above; a null value has no bytes
      sum = (sum + crc32(batch.bytes.subarray(at, at + length))) >>> 0;
    },
    told: (count) => ({
      records: count,
      declared: {
        ...(records >= 0 && { records }),
        ...(checksum !== null && { checksum, sum: sum.toString(16).padStart(8, "0") }),
      },
    }),
  };
}
