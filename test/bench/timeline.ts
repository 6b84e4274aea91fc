/** When records were appended: counts by millisecond. */
export interface Timeline {
  readonly total: number;
  add(timestamps: Float64Array): void;
  /** First moment at which that share of the records was there. */
  momentOf(share: number): number;
  /** Records appended after `from`, up to `to`. */
  between(from: number, to: number): number;
}

/** Bins from `start` on; what is later than `LONGEST_MS` after it is counted there. */
export function createTimeline(start: number): Timeline {
  const counts = new Float64Array(LONGEST_MS);
  const binOf = (at: number): number => Math.min(LONGEST_MS - 1, Math.max(0, Math.floor(at - start)));
  let total = 0;
  return {
    get total() {
      return total;
    },
    add(timestamps) {
      for (let i = 0; i < timestamps.length; i++) counts[binOf(timestamps[i]!)]!++; // i < length; a bin
      total += timestamps.length;
    },
    momentOf(share) {
      let seen = 0;
      for (let bin = 0; bin < LONGEST_MS; bin++) {
        seen += counts[bin]!; // a bin
        if (seen >= share * total) return start + bin;
      }
      return start + LONGEST_MS;
    },
    between(from, to) {
      let sum = 0;
      for (let bin = binOf(from) + 1; bin <= binOf(to); bin++) sum += counts[bin]!; // a bin
      return sum;
    },
  };
}

const LONGEST_MS = 1_200_000;
