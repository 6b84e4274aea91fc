import type { FieldRequest } from "@weir/contract";
import type { Batch } from "@weir/record";
import type { RuleSet, WindowSpec } from "@weir/rules";
import type { JudgedWindow } from "./telemetry.ts";

/** Windows are judged key by key. */
export interface KeySettings {
  readonly request: FieldRequest;
  /** JSON pointer, for people. */
  readonly by: string;
  readonly maxKeys: number;
  readonly sha256: (text: string) => string;
  /** The keys of a batch that is let go. */
  readonly keysOf: (batch: Batch) => (row: number) => string;
}

/** Windows that slide: milliseconds of event time. */
export interface PaneSettings {
  readonly every: number;
  readonly over: number;
}

/** What every lane of a gate works by. */
export interface GateSettings {
  readonly pipeline: string;
  readonly stage: string;
  /** SHA-256 of the canonical pipeline. */
  readonly spec: string;
  readonly window: WindowSpec | null;
  readonly kind: "none" | WindowSpec["kind"];
  readonly hold: boolean;
  /** Windows in a row without a breach that close a breaker which has tripped; null: there is none. */
  readonly closeAfter: number | null;
  /** Null where windows do not slide. */
  readonly panes: PaneSettings | null;
  /** Do verdicts tell which records had gone on? */
  readonly tellsTaint: boolean;
  /** Do rules with `pause` and `halt` stop the partition? Else they only keep back the window. */
  readonly stops: boolean;
  /** Header that names the windows of kind `batch`. */
  readonly batchHeader: string;
  /** The rule set that new windows are opened under. */
  readonly ruleSet: RuleSet;
  /** Windows span all partitions: the partial sums of their owners are judged together. */
  readonly shared: boolean;
  /** Null where a window is judged as one. */
  readonly keys: KeySettings | null;
  /** Are open windows closed where nothing has come for a while? */
  readonly closesIdle: boolean;
  /** Values of so many bytes leave at once: what is let go together fits any transaction. */
  readonly partBytes: number;
  readonly maxHeldRecords: number;
  readonly maxHeldBytes: number;
  /** Told of every judged window once its verdict is committed. */
  readonly onJudged: (window: JudgedWindow) => void;
  /** Told of every alarm of a detector once it is committed. */
  readonly onAlarm: (rule: string) => void;
}
