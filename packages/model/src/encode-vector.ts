import { ABSENT, NULL, PRESENT } from "@weir/record";
import { MISSING, NO_VECTOR, refuse, type FeatureEncoder } from "./feature-encoder.ts";
import type { Encode } from "./manifest.ts";

/** An encoder over columns of vectors: the reader has found their numbers finite, so they are copied as they are. */
export function encodeVector({ width: numbers, missing }: Extract<Encode, { kind: "vector" }>): FeatureEncoder {
  const takesMissing = missing === "nan";
  return (column, { rows, into, at, width, refused }) => {
    if (column.kind !== "vector" || column.width !== numbers)
      throw new Error(`a column of vectors of ${numbers} was asked for, ${column.kind} was read`);
    const { values, presence } = column;
    let news = 0;
    for (let i = 0, to = at; i < rows.length; i++, to += width) {
      const row = rows[i]!; // i < length
      if (presence[row] === PRESENT) into.set(values.subarray(row * numbers, (row + 1) * numbers), to);
      else if (takesMissing && isMissing(presence[row])) into.fill(NaN, to, to + numbers);
      else news += refuse(refused, i, isMissing(presence[row]) ? MISSING : NO_VECTOR);
    }
    return news;
  };
}

function isMissing(presence: number | undefined): boolean {
  return presence === ABSENT || presence === NULL;
}
