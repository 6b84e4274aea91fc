import type { Condition } from "@weir/expr";

/** Values of a field between two limits; a limit is out if it is open. */
export interface Interval {
  readonly low: number;
  readonly lowOpen: boolean;
  readonly high: number;
  readonly highOpen: boolean;
}

/** What one field may be: within an interval, or one of some values. */
export type Extent =
  | { readonly kind: "interval"; readonly interval: Interval }
  | { readonly kind: "values"; readonly values: readonly (number | string | boolean)[] };

/** What a rule takes: every field named must be in its extent. */
export type Region = ReadonlyMap<string, Extent>;

const EVERYTHING: Interval = { low: -Infinity, lowOpen: true, high: Infinity, highOpen: true };

export function regionOf(conditions: readonly Condition[]): Region {
  const region = new Map<string, Extent>();
  for (const condition of conditions) {
    const known = region.get(condition.path);
    const extent = extentOf(condition);
    region.set(condition.path, known === undefined ? extent : meet(known, extent));
  }
  return region;
}

function extentOf(condition: Condition): Extent {
  if (condition.comparison === "in") return { kind: "values", values: condition.values };
  const { comparison, value } = condition;
  const open = comparison === "<" || comparison === ">";
  const below = comparison === "<" || comparison === "<=";
  return {
    kind: "interval",
    interval: below ? { ...EVERYTHING, high: value, highOpen: open } : { ...EVERYTHING, low: value, lowOpen: open },
  };
}

export function meet(a: Extent, b: Extent): Extent {
  if (a.kind === "values") return { kind: "values", values: a.values.filter((value) => holds(b, value)) };
  if (b.kind === "values") return meet(b, a);
  return { kind: "interval", interval: meetIntervals(a.interval, b.interval) };
}

function meetIntervals(a: Interval, b: Interval): Interval {
  const [low, lowOpen] = a.low === b.low ? [a.low, a.lowOpen || b.lowOpen] : a.low > b.low ? [a.low, a.lowOpen] : [b.low, b.lowOpen];
  const [high, highOpen] =
    a.high === b.high ? [a.high, a.highOpen || b.highOpen] : a.high < b.high ? [a.high, a.highOpen] : [b.high, b.highOpen];
  return { low, lowOpen, high, highOpen };
}

function holds(extent: Extent, value: number | string | boolean): boolean {
  if (extent.kind === "values") return extent.values.includes(value);
  const { low, lowOpen, high, highOpen } = extent.interval;
  return typeof value === "number" && (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high);
}

export function isEmpty(extent: Extent): boolean {
  if (extent.kind === "values") return extent.values.length === 0;
  const { low, lowOpen, high, highOpen } = extent.interval;
  return low > high || (low === high && (lowOpen || highOpen));
}

/** Is everything of `inner` also in `outer`? */
export function contains(outer: Region, inner: Region): boolean {
  for (const [path, extent] of outer) {
    const own = inner.get(path);
    if (own === undefined || !covers([extent], own)) return false;
  }
  return true;
}

/** Do some records belong to both? Fields that only one of them names do not keep them apart. */
export function overlap(a: Region, b: Region): boolean {
  for (const [path, extent] of a) {
    const other = b.get(path);
    if (other !== undefined && isEmpty(meet(extent, other))) return false;
  }
  return true;
}

/** Do the extents together hold everything of `inner`? */
export function covers(extents: readonly Extent[], inner: Extent): boolean {
  if (isEmpty(inner)) return true;
  if (inner.kind === "values") return inner.values.every((value) => extents.some((extent) => holds(extent, value)));
  const intervals = extents.flatMap((extent) => (extent.kind === "interval" ? [extent.interval] : pointsOf(extent.values)));
  const ordered = intervals
    .filter((i) => !isEmpty({ kind: "interval", interval: i }))
    .sort((a, b) => a.low - b.low || Number(a.lowOpen) - Number(b.lowOpen));
  let { low, lowOpen } = inner.interval; // everything below is covered; `low` itself too, if it is open
  for (const next of ordered) {
    if (next.low > low || (next.low === low && next.lowOpen && !lowOpen)) return false;
    if (next.high > low || (next.high === low && !next.highOpen)) [low, lowOpen] = [next.high, !next.highOpen];
    if (low > inner.interval.high || (low === inner.interval.high && (lowOpen || inner.interval.highOpen))) return true;
  }
  return false;
}

function pointsOf(values: readonly (number | string | boolean)[]): readonly Interval[] {
  return values.filter((value) => typeof value === "number").map((value) => ({ low: value, lowOpen: false, high: value, highOpen: false }));
}

export function everything(): Extent {
  return { kind: "interval", interval: EVERYTHING };
}
