import type { FieldRequest } from "@weir/contract";
import { WeirError } from "@weir/record";
import type { BatchView } from "../check.ts";
import type { StopCause } from "../stop-cause.ts";
import type { LevelSpec, RateChangeSpec } from "../spec.ts";

export type DetectorSpec = RateChangeSpec | LevelSpec;

/** What is told of an alarm, beside where it was. */
export interface Alarm {
  readonly row: number;
  /** Records that the detector looked at since it last started anew, and how many of them were bad (rates). */
  readonly n: number;
  readonly k?: number;
  /** The rate, or the mean, that is in order. */
  readonly expected: number;
}

/** A rule over the records as they come: it looks at every one, in the order of the log, and remembers. */
export interface DetectorRule {
  readonly id: string;
  readonly ref: string;
  readonly kind: DetectorSpec["kind"];
  readonly mode: "observe" | "enforce";
  readonly action: string;
  /** What an alarm does to the stage; null: nothing. */
  readonly stop: StopCause | null;
  readonly request: FieldRequest;
  /** What it was told to do: a memory of other settings is of no use to it. */
  readonly settings: string;
  /** Its memory as it was saved, or as before the first record. */
  remember(saved: string | null): DetectorMemory;
}

export interface DetectorMemory {
  /** Takes in the rows from `first` to before `end` that are counted. */
  take(rows: { readonly view: BatchView; readonly counted: Uint8Array; readonly first: number; readonly end: number }): readonly Alarm[];
  /** For the state. */
  saved(): string;
}

export type Detecting = Pick<DetectorRule, "request" | "remember">;

export function needed(spec: DetectorSpec, what: string, fix: string): WeirError {
  return new WeirError({ code: "WEIR-2212", what, where: `rule ${spec.id}`, fix });
}
