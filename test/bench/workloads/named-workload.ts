import type { System } from "../options.ts";
import type { Workload } from "../workload.ts";

/** A workload that `npm run bench` knows by name, and what has to be known to run it. */
export interface NamedWorkload {
  readonly name: string;
  readonly workload: Workload;
  /** Bytes of a record, about. */
  readonly bytes: number;
  /** Systems that can do it, with the records of one run: enough for a drain of twenty to fifty seconds on two processors. */
  readonly records: Partial<Readonly<Record<System, number>>>;
  /** Those that are measured where none are named. */
  readonly usual: readonly System[];
  /** Records of each run that is thrown away. */
  readonly warmUpRecords: number;
  /** Lines of the method: what a record is, and what is done with it. */
  readonly method: { readonly records: string; readonly work: readonly string[] };
}
