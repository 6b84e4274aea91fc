import { canonicalJson } from "@weir/record";
import type { EditSpec } from "../edit/edit.ts";
import type { Sha256 } from "../fingerprint.ts";
import type { RunKind } from "./ledger.ts";
import type { OffsetRange } from "./ranges.ts";
import type { Selection } from "./selection.ts";

/** Would the record pass if it were sent now? */
export interface WouldPass {
  readonly answer: "pass" | "fail" | "not-known";
  /** `stage.port` where it would end, or stop. */
  readonly at: string;
  readonly class?: string;
  readonly message?: string;
}

/** One of the first records of a plan. */
export interface PlannedRecord {
  readonly at: string;
  readonly id: string;
  readonly key: string | null;
  readonly class: string | null;
  readonly stage: string | null;
  readonly message: string;
  readonly target: string;
  /** Which replay of the record this is. */
  readonly count: number;
  readonly now: WouldPass;
}

/** What to do when a newer record of the same key has passed meanwhile. */
export interface NewerPolicy {
  readonly then: "skip" | "replay" | "fail";
  /** JSON pointer of a number or text that grows from version to version. */
  readonly version: string;
}

/** What a run will do, in full: nothing is decided anew when it is executed. */
export interface ReplayPlan {
  readonly v: 1;
  readonly pipeline: string;
  readonly does: RunKind;
  /** Topic that the records are in. */
  readonly topic: string;
  /** End offsets when the plan was made: what fails during the run lies beyond. */
  readonly snapshot: readonly { readonly partition: number; readonly end: number }[];
  readonly selection: Selection;
  readonly edit?: EditSpec;
  /** Topic to send to instead of the stage that failed. */
  readonly target?: string;
  readonly ifNewer?: NewerPolicy;
  readonly force: boolean;
  readonly records: number;
  readonly partitions: readonly { readonly partition: number; readonly count: number; readonly ranges: readonly OffsetRange[] }[];
  /** Records by the topic that they will be sent to, those to be parked included. */
  readonly targets: Readonly<Record<string, number>>;
  /** Left out, by why. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly wouldPass: Readonly<Record<WouldPass["answer"], number>>;
  /** Records that would fail now, by where and why. */
  readonly wouldFail: readonly { readonly at: string; readonly class: string; readonly message: string; readonly records: number }[];
  /** Rules that judge the run as a whole, by stage: whether a record passes them is not known before. */
  readonly judgedAsWindow: Readonly<Record<string, readonly string[]>>;
  readonly first: readonly PlannedRecord[];
  readonly spec: string;
  readonly madeBy: string;
  /** RFC 3339 UTC */
  readonly madeAt: string;
  /** SHA-256 over all the other members, hex. */
  readonly digest: string;
}

export function sealPlan(plan: Omit<ReplayPlan, "digest">, sha256: Sha256): ReplayPlan {
  return { ...plan, digest: digestOf(plan, sha256) };
}

/** A plan from a file; a text that says what is wrong with it. */
export function parsePlan(text: string, sha256: Sha256): ReplayPlan | string {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  if (!isPlan(input)) return "it is no plan of this version";
  if (digestOf(input, sha256) !== input.digest) return "it was changed after it was made: its digest does not fit";
  return input;
}

/** The same plan is the same run, whoever executes it and how often. */
export function runIdOf(plan: ReplayPlan): string {
  return plan.digest.slice(0, 16);
}

function digestOf(plan: Omit<ReplayPlan, "digest">, sha256: Sha256): string {
  return sha256(canonicalJson({ ...plan, digest: undefined }));
}

function isPlan(input: unknown): input is ReplayPlan {
  if (typeof input !== "object" || input === null) return false;
  const members = new Map<string, unknown>(Object.entries(input));
  const texts = ["pipeline", "does", "topic", "spec", "madeBy", "madeAt", "digest"];
  return members.get("v") === 1 && texts.every((name) => typeof members.get(name) === "string") && Array.isArray(members.get("partitions"));
}
