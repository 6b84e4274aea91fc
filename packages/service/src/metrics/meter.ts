import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { BinnedHistogram } from "./binned-histogram.ts";

export type LabelValues<L extends string> = Readonly<Record<L, string>>;

/** Only ever grows. Adding 0 makes the series appear, so that its first step is seen as one. */
export interface Counted<L extends string> {
  add(labels: LabelValues<L>, by: number): void;
}

export interface Level<L extends string> {
  set(labels: LabelValues<L>, value: number): void;
  remove(labels: LabelValues<L>): void;
}

export interface Distribution<L extends string> {
  observe(labels: LabelValues<L>, value: number): void;
}

export interface BinnedDistribution<L extends string> {
  /** Counts by upper bound, one more for what is beyond all bounds, and the sum of the values. */
  add(labels: LabelValues<L>, counts: ArrayLike<number>, sum: number): void;
}

/**
 * Where the metrics of a service are made. Asked twice for one name it gives the same metric: stages of one type share it.
 * Values of labels must come from closed sets; never ids, keys or messages.
 */
export interface Meter {
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counted<L>;
  gauge<L extends string>(name: string, help: string, labels: readonly L[]): Level<L>;
  /** A gauge that is asked when it is scraped. */
  watched<L extends string>(name: string, help: string, labels: readonly L[]): Watched<L>;
  histogram<L extends string>(name: string, help: string, labels: readonly L[], buckets: readonly number[]): Distribution<L>;
  binned<L extends string>(name: string, help: string, labels: readonly L[], buckets: readonly number[]): BinnedDistribution<L>;
}

export interface Watched<L extends string> {
  /** `read` gives the value at the time of the scrape. */
  watch(labels: LabelValues<L>, read: () => number): void;
}

/** Seconds; from half a millisecond to ten seconds, three steps a decade. */
export const DURATION_BUCKETS: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createMeter(registry: Registry): Meter {
  const registers = [registry];
  const counters = new Map<string, Counted<string>>();
  const gauges = new Map<string, Level<string>>();
  const watched = new Map<string, Watched<string>>();
  const histograms = new Map<string, Distribution<string>>();
  const binned = new Map<string, BinnedDistribution<string>>();
  return {
    counter: (name, help, labelNames) =>
      once(counters, name, () => {
        const counter = new Counter<string>({ name, help, labelNames, registers });
        return { add: (labels, by) => counter.inc({ ...labels }, by) };
      }),
    gauge: (name, help, labelNames) =>
      once(gauges, name, () => {
        const gauge = new Gauge<string>({ name, help, labelNames, registers });
        return { set: (labels, value) => gauge.set({ ...labels }, value), remove: (labels) => gauge.remove({ ...labels }) };
      }),
    watched: (name, help, labelNames) =>
      once(watched, name, () => {
        const reads: (() => void)[] = [];
        const gauge = new Gauge<string>({ name, help, labelNames, registers, collect: () => reads.forEach((read) => read()) });
        return { watch: (labels, read) => void reads.push(() => gauge.set({ ...labels }, read())) };
      }),
    histogram: (name, help, labelNames, buckets) =>
      once(histograms, name, () => {
        const histogram = new Histogram<string>({ name, help, labelNames, registers, buckets: [...buckets] });
        return { observe: (labels, value) => histogram.observe({ ...labels }, value) };
      }),
    binned: (name, help, labelNames, buckets) =>
      once(binned, name, () => {
        const histogram = new BinnedHistogram<string>({ name, help, labelNames: [...labelNames], registers, buckets: [...buckets] });
        return { add: (labels, counts, sum) => histogram.add(labels, counts, sum) };
      }),
  };
}

function once<T>(made: Map<string, T>, name: string, make: () => T): T {
  const known = made.get(name);
  if (known) return known;
  const fresh = make(); // the registry refuses a name that another kind has
  made.set(name, fresh);
  return fresh;
}
