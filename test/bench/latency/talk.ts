/** What generator and reader are told when they start, and what is said between them and the bench afterwards. */
export interface GeneratorTask {
  readonly address: string;
  readonly topic: string;
  readonly rate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly seed: number;
  /** Of the shared clock. */
  readonly clockOffset: number;
}

export interface ReaderTask {
  readonly address: string;
  /** All ends of the system. */
  readonly topics: readonly string[];
  /** Numbers from here on are probes. */
  readonly scheduled: number;
  /** Numbers below are the warm-up. */
  readonly measuredFrom: number;
  readonly clockOffset: number;
}

export type Order =
  /** Sends records at once that are no part of the schedule. */
  | { readonly kind: "probe"; readonly records: number }
  | { readonly kind: "run" }
  /** The measured part, in microseconds of the shared clock. */
  | { readonly kind: "window"; readonly from: number; readonly to: number }
  | { readonly kind: "finish" };

export type News =
  | { readonly kind: "scheduled"; readonly records: number; readonly measuredFrom: number }
  /** The schedule begins at this moment of the shared clock. */
  | { readonly kind: "started"; readonly at: number }
  | ({ readonly kind: "sent" } & Lateness)
  | { readonly kind: "reading" }
  | { readonly kind: "seen"; readonly records: number; readonly probes: number }
  | ({ readonly kind: "measured" } & Percentiles);

/** How well the generator kept to its schedule in the measured part. */
export interface Lateness {
  readonly lateMsP99: number;
  /** Of the records, those handed over more than a millisecond after their moment. */
  readonly lateShare: number;
}

/** Milliseconds from the intended time of sending until the record was read at an end. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** Records seen within the measured part. */
  readonly inTime: number;
}

export function tellBench(news: News): void {
  process.send?.(news);
}

export function onOrder(act: (order: Order) => void): void {
  process.on("message", (order) => act(order as Order)); // the bench sends nothing else
}

/** The task is the only argument of the process. */
export function taskText(): string {
  return process.argv[2] ?? "{}";
}
