import type { Batch } from "@weir/record";
import { copyable, type Copyable } from "./copy-bytes.ts";

/** A header column as the encoder wants it: the name with its length before it. */
export interface PreparedHeader {
  readonly name: Copyable;
  readonly bytes: Copyable;
  readonly at: Int32Array;
  readonly length: Int32Array;
}

export interface PreparedAdditions {
  readonly headers: readonly PreparedHeader[];
  readonly tails: { readonly bytes: Copyable; readonly at: Int32Array; readonly length: Int32Array; readonly keep: Int32Array } | null;
}

const NONE: PreparedAdditions = { headers: [], tails: null };
const names = new Map<string, Copyable>();
/** Header names are few and come from the code; a bound keeps it so. */
const MOST_NAMES = 1_000;

/** Once a batch, so that the loop over its records allocates nothing. */
export function prepareAdditions(batch: Batch): PreparedAdditions {
  const { headers, tails } = batch.added;
  if (headers.length === 0 && tails === null) return NONE;
  return {
    headers: headers.map((h) => ({ name: nameWithLength(h.name), bytes: copyable(h.bytes), at: h.at, length: h.length })),
    tails: tails && { bytes: copyable(tails.bytes), at: tails.at, length: tails.length, keep: tails.keep },
  };
}

export function nameWithLength(name: string): Copyable {
  const known = names.get(name);
  if (known !== undefined) return known;
  const text = Buffer.from(name);
  const length: number[] = [];
  for (let rest = text.length << 1; ; rest >>>= 7) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest & 127) | 128);
  }
  const prepared = copyable(Buffer.concat([Buffer.from(length), text]));
  if (names.size < MOST_NAMES) names.set(name, prepared);
  return prepared;
}
