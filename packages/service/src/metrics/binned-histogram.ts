import { Histogram, type HistogramConfiguration } from "prom-client";

type Labels<L extends string> = Readonly<Record<L, string>>;
interface Value {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly metricName: string;
}

interface Series<L extends string> {
  readonly labels: Labels<L>;
  /** By upper bound; the last one is beyond all bounds. */
  readonly counts: Float64Array;
  sum: number;
}

/** A histogram that takes values already counted by their upper bounds: a batch costs one call, however many records it has. */
export class BinnedHistogram<L extends string> extends Histogram<L> {
  // Not `#private`: OpenMetrics is written from stand-ins whose prototype this is.
  private readonly shownName: string;
  private readonly shownHelp: string;
  private readonly bounds: readonly number[];
  private readonly series = new Map<string, Series<L>>();

  constructor(configuration: HistogramConfiguration<L> & { readonly buckets: number[] }) {
    super(configuration);
    this.shownName = configuration.name;
    this.shownHelp = configuration.help;
    this.bounds = configuration.buckets;
  }

  /** @param counts values at most as great as each bound and greater than the one before; one more for those beyond all bounds. */
  add(labels: Labels<L>, counts: ArrayLike<number>, sum: number): void {
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
    let series = this.series.get(key);
    if (!series) this.series.set(key, (series = { labels, counts: new Float64Array(this.bounds.length + 1), sum: 0 }));
    for (let i = 0; i < counts.length; i++) series.counts[i] = (series.counts[i] ?? 0) + (counts[i] ?? 0);
    series.sum += sum;
  }

  /** What the library asks every histogram for, also for `get`. */
  async getForPromString(): Promise<object> {
    const values = [...this.series.values()].flatMap((series) => this.valuesOf(series));
    return { name: this.shownName, help: this.shownHelp, type: "histogram", aggregator: "sum", values };
  }

  private valuesOf({ labels, counts, sum }: Series<L>): Value[] {
    let total = 0;
    const bounds = [...this.bounds, "+Inf"];
    const at = { sharedLabels: {}, labels };
    const buckets = bounds.map((le, i) => ({
      ...at,
      labels: { ...labels, le },
      value: (total += counts[i] ?? 0),
      metricName: `${this.shownName}_bucket`,
    }));
    return [
      ...buckets,
      { ...at, value: sum, metricName: `${this.shownName}_sum` },
      { ...at, value: total, metricName: `${this.shownName}_count` },
    ];
  }
}
