import type { FailureClass } from "@weir/record";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Doors } from "./doors.ts";

/** A pipeline as its file says it, checked, with units resolved and everything inherited filled in. Durations in milliseconds, shares as fractions of 1. */
export interface Pipeline {
  readonly name: string;
  /** `user:<id>` or `group:<id>` */
  readonly owner: string;
  readonly description?: string;
  readonly partitions: number;
  readonly record: RecordSpec;
  readonly delivery: DeliverySpec;
  readonly onFailure: FailurePolicy;
  /** When to stop writing dead letters; absent: never. */
  readonly deadLetter?: { readonly breaker: BreakerPolicy };
  /** `minimal` writes only `weir.id`. */
  readonly headers: "full" | "minimal";
  /** Timestamps of produced records: of the moment, or the source record's. */
  readonly timestamps: "now" | "keep";
  readonly topics: TopicNames;
  /** In the order of the file. */
  readonly stages: ReadonlyMap<string, StageSpec>;
  /** SHA-256 of the canonical form with pinned references, hex: what executions are stamped with. */
  readonly digest: string;
}

export interface RecordSpec {
  /** Path of the schema file, relative to the pipeline's folder. */
  readonly contract: string;
  readonly format: "json" | "avro";
  /** JSON pointer or header that names a record; null: topic-partition-offset of the entry topic. */
  readonly id: string | { readonly header: string } | null;
  /** JSON pointer from which `produce` and ingest make a key. */
  readonly key: string | null;
  /** Event time; null: the record's timestamp. `unit` for epoch numbers, RFC 3339 text needs none. */
  readonly time: { readonly pointer: string; readonly unit?: "s" | "ms" } | null;
}

export interface DeliverySpec {
  readonly guarantee: "exactly-once" | "at-least-once";
  readonly compression: "none" | "lz4-stored";
  readonly commitEveryMs: number;
  readonly commitBytes: number;
}

export interface FailurePolicy {
  readonly retry: { readonly attempts: number; readonly backoffMinMs: number; readonly backoffMaxMs: number };
  readonly then: "dead-letter" | "pause";
  /** Later records of a key wait behind its failed one; absent: they do not. */
  readonly sequenced?: true;
}

export interface BreakerPolicy {
  /** Share of what a partition is given, as a fraction of 1. */
  readonly ratio: number;
  readonly overMs: number;
  readonly then: "pause";
  /** Failures that count; those of processing unless the file says otherwise. */
  readonly classes: readonly FailureClass[];
}

/** Names that replace the default ones. */
export interface TopicNames {
  readonly deadLetters?: string;
  readonly executions?: string;
  readonly verdicts?: string;
  readonly control?: string;
}

/** Where a port leads: to a stage (by its default topic, or by one with a name of its own) or out of the pipeline to a topic. */
export type Target = { readonly stage: string; readonly topic?: string } | { readonly topic: string; readonly stage?: undefined };

interface StageCommon {
  readonly id: string;
  readonly owner: string;
  readonly onFailure: FailurePolicy;
}

export interface IngestSpec extends StageCommon, Doors {
  readonly type: "ingest";
  readonly out: Target;
}

export interface GateSpec extends StageCommon {
  readonly type: "gate";
  readonly window?: WindowSpec;
  readonly rules: readonly RuleSpec[];
  readonly pass: Target;
  readonly quarantine: { readonly topic: string };
}

export interface InferenceSpec extends StageCommon {
  readonly type: "inference";
  /** `name@alias`, `name/version` or `name@sha256:<hex>` */
  readonly model: string;
  readonly batch: { readonly maxRows: number; readonly reproducible?: boolean };
  /** Name of the member that the prediction becomes. */
  readonly as: string;
  readonly out: Target;
}

export interface RouterSpec extends StageCommon {
  readonly type: "router";
  /** First match decides. */
  readonly rules: readonly { readonly id: string; readonly when: string; readonly to: string }[];
  /** Branch of the records that no rule took. */
  readonly default: string;
  /** All branches, in the order in which they are first named, with where they lead. */
  readonly branches: ReadonlyMap<string, Target>;
  /** A copy of a share of the records on a topic of its own; the decision stands. */
  readonly sample?: { readonly share: number; readonly to: string };
}

export type StageSpec = IngestSpec | GateSpec | InferenceSpec | RouterSpec;
export type StageType = StageSpec["type"];

/** Where each port of a stage leads, in the order of its ports. Dead letters are not among them: all stages share one topic. */
export function portsOf(stage: StageSpec): ReadonlyMap<string, Target> {
  switch (stage.type) {
    case "ingest":
    case "inference":
      return new Map([["out", stage.out]]);
    case "gate":
      return new Map<string, Target>([
        ["pass", stage.pass],
        ["quarantine", stage.quarantine],
      ]);
    case "router":
      return stage.branches;
  }
}
