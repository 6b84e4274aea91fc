/** Selected records of one partition, in runs: every record from `first` to `last` is selected. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
  /** Records between them: markers of transactions leave holes in the offsets. */
  readonly count: number;
}

/** Builds ranges from all records of a partition in the order of the log. */
export interface RangeBuilder {
  add(offset: number, selected: boolean): void;
  done(): readonly OffsetRange[];
}

export function createRanges(): RangeBuilder {
  const ranges: { first: number; last: number; count: number }[] = [];
  let open = false;
  return {
    add(offset, selected) {
      const range = ranges[ranges.length - 1];
      if (selected && open && range) {
        range.last = offset;
        range.count++;
      } else if (selected) ranges.push({ first: offset, last: offset, count: 1 });
      open = selected;
    },
    done: () => ranges,
  };
}

/** Is the offset of an existing record in one of the ranges (ascending)? */
export function isWithin(ranges: readonly OffsetRange[], offset: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const { first, last } = ranges[middle] ?? { first: Infinity, last: Infinity };
    if (offset < first) high = middle - 1;
    else if (offset > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Could a record be in both? Compares the runs, not the records between. */
export function overlap(a: readonly OffsetRange[], b: readonly OffsetRange[]): boolean {
  let i = 0;
  let j = 0;
  for (;;) {
    const [x, y] = [a[i], b[j]];
    if (!x || !y) return false;
    if (x.last < y.first) i++;
    else if (y.last < x.first) j++;
    else return true;
  }
}
