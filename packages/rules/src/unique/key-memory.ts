/** What a rule `unique` remembers of one partition: the keys that were accepted, in the order of the log. */
export interface KeyMemory {
  /** Number of keys that are remembered, at most `maxKeys`. */
  readonly size: number;
  /**
   * Offset of the earlier record with this key within the horizon; -1 where there is none, then the key is remembered.
   * `time`: timestamp of the record in milliseconds. Calls must come in the order of the log.
   */
  see(key: string, offset: number, time: number): number;
  /** Entries from number `first` to before `end`; only such as may still be needed are kept. */
  slice(first: number, end: number): KeyEntries;
  /** Number of the first entry at or after the offset. */
  numberAt(offset: number): number;
  /** Entries below this number will not be asked for again. */
  forgetBelow(number: number): void;
}

/** Accepted keys with offset and timestamp of their records; parallel, in the order of the log. */
export interface KeyEntries {
  readonly keys: readonly string[];
  readonly offsets: readonly number[];
  readonly times: readonly number[];
}

export interface KeyMemoryOptions {
  /** A key is seen again if the earlier record is less than so many milliseconds older. */
  readonly horizonMs: number;
  /** The oldest key is forgotten when another would be one too many. */
  readonly maxKeys: number;
  /** Entries to begin with and the number of the first one. */
  readonly entries?: KeyEntries;
  readonly first?: number;
}

/**
 * Entries are numbered in the order in which they were accepted, and the last `maxKeys` of them count: so what is
 * remembered at an offset depends on the log below that offset alone. A repeated key that is refused is no entry.
 */
export function createKeyMemory({ horizonMs, maxKeys, entries, first = 0 }: KeyMemoryOptions): KeyMemory {
  const keys: string[] = [];
  const offsets: number[] = [];
  const times: number[] = [];
  const newest = new Map<string, number>();
  let base = first;
  const push = (key: string, offset: number, time: number): void => {
    const number = base + keys.length;
    keys.push(key);
    offsets.push(offset);
    times.push(time);
    newest.set(key, number);
    const evicted = keys[number - maxKeys - base];
    if (evicted !== undefined && newest.get(evicted) === number - maxKeys) newest.delete(evicted);
  };
  entries?.keys.forEach((key, i) => push(key, entries.offsets[i]!, entries.times[i]!)); // parallel
  return {
    get size() {
      return newest.size;
    },
    see: (key, offset, time) => {
      const number = newest.get(key);
      // What is remembered is kept: numbers in `newest` lie within the arrays.
      if (number !== undefined && time - times[number - base]! < horizonMs) return offsets[number - base]!;
      push(key, offset, time);
      return -1;
    },
    slice: (from, end) => {
      const [a, b] = [Math.max(0, from - base), Math.max(0, end - base)];
      return { keys: keys.slice(a, b), offsets: offsets.slice(a, b), times: times.slice(a, b) };
    },
    numberAt: (offset) => {
      let low = 0;
      let high = offsets.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (offsets[middle]! < offset) low = middle + 1; // middle < length
        else high = middle;
      }
      return base + low;
    },
    forgetBelow: (number) => {
      const unneeded = Math.min(number, base + keys.length - maxKeys) - base;
      // Moving the rest costs as much as it frees, so it waits until that is half of what there is.
      if (unneeded <= keys.length / 2) return;
      for (const column of [keys, offsets, times]) column.splice(0, unneeded);
      base += unneeded;
    },
  };
}
