import { W1, type Workload } from "../workload.ts";

/** What may grow. */
export const AXES = ["partitions", "size", "processes", "features", "failing", "window"] as const;
export type AxisName = (typeof AXES)[number];

export interface Axis {
  readonly name: AxisName;
  readonly title: string;
  /** What is counted along it. */
  readonly counts: string;
  /** Drawn by powers: it spans decades, or doubles. */
  readonly isLogarithmic: boolean;
  /** What else than a record cost is told by; null: by the record alone. */
  readonly per: Per | null;
  /** Ascending. */
  readonly points: readonly Point[];
}

export interface Per {
  readonly unit: string;
  /** Units in a record: what a record costs is divided by them; null where a record has less than one of them. */
  readonly inRecord: ((at: number) => number) | null;
  /** Further units, from one point to the next. */
  readonly between: (from: number, to: number) => number;
}

export interface Point {
  readonly at: number;
  readonly workload: Workload;
  readonly records: number;
}

/** Enough for a drain of twenty to thirty seconds on two processors, of which three quarters count. */
const RECORDS = 6_000_000;
/** Records of 0.1 KB and of 5 features hold that many numbers at least. */
const LEAST_FEATURES = 3;
const KB = 1000;

const points = <T extends number>(list: readonly T[], workloadOf: (at: T) => Workload, recordsOf: (at: T) => number = () => RECORDS) =>
  list.map((at) => ({ at, workload: workloadOf(at), records: recordsOf(at) }));

const identity = (at: number): number => at;
const difference = (from: number, to: number): number => to - from;

const SIZES = { 0.1: 6_000_000, 0.3: 6_000_000, 1: 4_000_000, 8: 600_000 } as const;
const FEATURES = { 5: 6_000_000, 30: 2_400_000, 100: 800_000 } as const;
/** Of one partition, so that the largest window closes four times. */
const WINDOWS = [500, 5000, 50_000, 1_000_000];
const WINDOW_RECORDS = 4_000_000;

export const GROWTH: readonly Axis[] = [
  {
    name: "partitions",
    title: "partitions",
    counts: "partitions",
    isLogarithmic: true,
    per: null,
    points: points([1, 2, 4, 8, 16, 32, 64], (partitions) => ({ ...W1, partitions })),
  },
  {
    name: "size",
    title: "size of a record",
    counts: "KB (1,000 bytes)",
    isLogarithmic: true,
    per: { unit: "KB", inRecord: identity, between: difference },
    points: points(
      [0.1, 0.3, 1, 8] as const,
      (kb) => ({ ...W1, plain: { features: LEAST_FEATURES, bytes: KB * kb } }),
      (kb) => SIZES[kb],
    ),
  },
  {
    name: "processes",
    title: "processes",
    counts: "processes",
    isLogarithmic: false,
    per: null,
    points: points([1, 2], (processes) => ({ ...W1, processes })),
  },
  {
    name: "features",
    title: "features",
    counts: "features",
    isLogarithmic: true,
    per: { unit: "feature", inRecord: identity, between: difference },
    points: points(
      [5, 30, 100] as const,
      (features) => ({ ...W1, plain: { features, bytes: null } }),
      (features) => FEATURES[features],
    ),
  },
  {
    name: "failing",
    title: "failing records",
    counts: "% of all records",
    isLogarithmic: false,
    per: { unit: "failing record", inRecord: null, between: (from, to) => (to - from) / 100 },
    points: points([0, 1, 10], (percent) => ({ ...W1, faultEvery: percent === 0 ? 0 : 100 / percent })),
  },
  {
    name: "window",
    title: "held windows",
    counts: "records a window, 1 partition",
    isLogarithmic: true,
    per: null,
    points: points(
      WINDOWS,
      (windowRecords) => ({ ...W1, partitions: 1, windowRecords }),
      () => WINDOW_RECORDS,
    ),
  },
];

/** Names the measurement: axes that share a point share its measurement. */
export function keyOf({ workload, records }: Point): string {
  const { partitions, processes, plain, faultEvery, windowRecords } = workload;
  const form = plain === null ? "w1" : `${plain.features}x${plain.bytes ?? "any"}`;
  return `${form} p${partitions} n${processes} f${faultEvery} w${windowRecords ?? "none"} r${records}`;
}

/** All axes, with another number of records a point where one is given. */
export function axesOf(records: number | null): Axis[] {
  return GROWTH.map((axis) => ({
    ...axis,
    points: axis.points.map((point) => (records === null ? point : { ...point, records })),
  }));
}
