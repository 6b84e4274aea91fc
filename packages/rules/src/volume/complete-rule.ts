import type { RuleVerdict, WindowContext } from "../judge-window.ts";

/** What the producer of a batch said of it, and what of that was seen. */
export interface Declared {
  readonly records: number;
  /** Sum of the CRC-32 (ISO-HDLC, zlib's) of every value modulo 2^32, eight hex digits: the order does not matter. */
  readonly checksum: string;
  /** The same of the records that came; there where a checksum was declared. */
  readonly sum: string;
}

/** A batch of which nothing was said cannot be judged. */
export function completeAnswer(batch: WindowContext["batch"]): Pick<RuleVerdict, "verdict" | "n"> & Partial<RuleVerdict> {
  if (batch === undefined) return { verdict: "insufficient", n: 0, why: "nobody declared anything of it" };
  const { records: n, declared } = batch;
  const { records, checksum, sum } = declared;
  if (records === undefined && checksum === undefined)
    return { verdict: "insufficient", n, why: "no record has batch-count or batch-checksum" };
  const differs = (records !== undefined && records !== n) || (checksum !== undefined && checksum !== sum);
  return { verdict: differs ? "breach" : "pass", n, declared };
}
