import { mergeMoments, NO_MOMENTS, type Moments } from "../moments.ts";

export interface AdwinOptions {
  /** Bound on the probability of a false alarm at one look. */
  readonly delta?: number;
  /** Values between two looks. */
  readonly every?: number;
  /** Buckets of one size before two become one of the next. */
  readonly bucketsMax?: number;
  /** Values that either side of a cut must have, at least. */
  readonly sideMin?: number;
  /** Values before the first look. */
  readonly warmUp?: number;
}

/** The window as buckets of 1, 2, 4 … values: `rows[i]` holds those of 2^i, the oldest first. Plain data. */
export interface AdwinState {
  readonly seen: number;
  readonly rows: readonly (readonly Moments[])[];
}

export interface Adwin {
  readonly start: () => AdwinState;
  /** Takes one value in; an alarm starts anew with the next value. */
  readonly add: (state: AdwinState, x: number) => { readonly state: AdwinState; readonly alarm: boolean };
}

/**
 * Adaptive windowing (Bifet & Gavaldà 2007): alarms when the means of an older and a newer part of the window differ by more than chance
 * allows. Every cut between two buckets is looked at, also those between sizes; some implementations skip the last bucket of each size.
 */
export function createAdwin(options: AdwinOptions = {}): Adwin {
  const { delta = 0.002, every = 32, bucketsMax = 5, sideMin = 5, warmUp = 10 } = options;
  const start = (): AdwinState => ({ seen: 0, rows: [] });
  return {
    start,
    add(state, x) {
      const seen = state.seen + 1;
      const rows = inserted(state.rows, { n: 1, mean: x, m2: 0 }, bucketsMax);
      const alarm = seen % every === 0 && seen > warmUp && isCut(oldestFirst(rows), delta, sideMin);
      return { state: alarm ? start() : { seen, rows }, alarm };
    },
  };
}

/** The window's mean, and how many values it stands on. */
export function windowOf({ rows }: AdwinState): Moments {
  return oldestFirst(rows).reduce(mergeMoments, NO_MOMENTS);
}

function inserted(rows: readonly (readonly Moments[])[], bucket: Moments, bucketsMax: number): (readonly Moments[])[] {
  const [row = [], ...larger] = rows;
  const next = [...row, bucket];
  const [oldest, second, ...rest] = next;
  if (next.length <= bucketsMax || !oldest || !second) return [next, ...larger];
  return [rest, ...inserted(larger, mergeMoments(oldest, second), bucketsMax)];
}

function oldestFirst(rows: readonly (readonly Moments[])[]): Moments[] {
  return rows.toReversed().flat();
}

function isCut(buckets: readonly Moments[], delta: number, sideMin: number): boolean {
  const whole = buckets.reduce(mergeMoments, NO_MOMENTS);
  const logTerm = Math.log((2 * Math.log(whole.n)) / delta);
  const variance = whole.m2 / whole.n;
  let older = NO_MOMENTS;
  return buckets.slice(0, -1).some((bucket) => {
    older = mergeMoments(older, bucket);
    const newer = whole.n - older.n;
    if (older.n < sideMin || newer < sideMin) return false;
    const newerMean = (whole.mean * whole.n - older.mean * older.n) / newer;
    const reciprocal = 1 / (older.n - sideMin + 1) + 1 / (newer - sideMin + 1);
    const bar = Math.sqrt(2 * reciprocal * variance * logTerm) + (2 / 3) * logTerm * reciprocal;
    return Math.abs(older.mean - newerMean) > bar;
  });
}
