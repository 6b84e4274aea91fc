import type { Lane } from "@weir/record";
import type { Execution } from "./execution.ts";

/** What a runner tells its service: one call per event of the domain. */
export interface RunnerEvents {
  /** A transaction became visible; `entries` has one execution per stage of the chain. */
  committed(entries: readonly Execution[], times: { readonly commitMs: number; readonly records: number }): void;
  aborted(reason: string): void;
  assigned(lanes: readonly Lane[]): void;
  revoked(lanes: readonly Lane[], lost: boolean): void;
  /** After every fetch: records between the position and the last stable offset, held ones apart. */
  lagging(lane: Lane, records: number): void;
  /** A lane cannot go on; the others do. */
  halted(lane: Lane, reason: string): void;
  retried(kind: string, message: string): void;
  /** All records of a finite lane have been decided and committed. */
  ended(lane: Lane): void;
}
