import type { FailureClass } from "@weir/record";
import { condemnsWindows, defaultAction, judgesStreams, type RuleSpec, type WindowSpec } from "@weir/rules";
import type { Doors } from "./doors.ts";
import type { BreakerPolicy, DeliverySpec, FailurePolicy, Pipeline, RecordSpec, StageSpec, Target } from "./pipeline.ts";
import type { DeadLetterFile, DeliveryFile, PipelineFile, RecordFile } from "./shape/file.ts";
import type { FailureFile, GateFile, RouterFile, StageFile, TargetFile } from "./shape/stage.ts";
import type { WindowFile } from "./shape/window.ts";

export const DEFAULT_FAILURE: FailurePolicy = {
  retry: { attempts: 3, backoffMinMs: 200, backoffMaxMs: 5000 },
  then: "dead-letter",
};

/** What the parts of the file mean where they stand: with everything inherited and defaulted. */
export function resolvePipeline(file: PipelineFile): Omit<Pipeline, "digest"> {
  const { name, owner, description } = file.metadata;
  const onFailure = resolveFailure(file.onFailure, DEFAULT_FAILURE);
  const ids = new Set(Object.keys(file.stages));
  const stages = Object.entries(file.stages).map(([id, stage]) => resolveStage(stage, { id, pipeline: name, owner, onFailure, ids }));
  return {
    name,
    owner,
    ...(description === undefined ? {} : { description }),
    partitions: file.partitions,
    record: resolveRecord(file.record),
    delivery: resolveDelivery(file.delivery),
    onFailure,
    ...(file.deadLetter && { deadLetter: { breaker: resolveBreaker(file.deadLetter.breaker) } }),
    headers: file.headers,
    timestamps: file.timestamps,
    topics: file.topics ?? {},
    stages: new Map(stages.map((stage) => [stage.id, stage])),
  };
}

/** Bad data only alerts unless the file says otherwise: no pause would mend it. */
const PROCESSING: readonly FailureClass[] = ["MODEL_ERROR", "MODEL_TIMEOUT", "MODEL_OUTPUT", "ROUTE", "OUTPUT_REJECTED", "DEPENDENCY", "INTERNAL"]; // prettier-ignore

function resolveDelivery({ guarantee, compression, commit }: DeliveryFile): DeliverySpec {
  return { guarantee, compression, commitEveryMs: commit.every, commitBytes: commit.bytes };
}

function resolveBreaker({ ratio, over, then, classes }: DeadLetterFile["breaker"]): BreakerPolicy {
  return { ratio, overMs: over, then, classes: classes ?? PROCESSING };
}

export function resolveRecord(file: RecordFile): RecordSpec {
  return {
    contract: file.contract,
    format: file.format,
    id: file.id ?? null,
    key: file.key ?? null,
    time: typeof file.time === "string" ? { pointer: file.time } : (file.time ?? null),
  };
}

export interface StageSurroundings {
  readonly id: string;
  readonly pipeline: string;
  readonly owner: string;
  readonly onFailure: FailurePolicy;
  /** Of all stages: a branch of such a name leads to the stage. */
  readonly ids: ReadonlySet<string>;
}

export function resolveStage(stage: StageFile, around: StageSurroundings): StageSpec {
  const common = { id: around.id, owner: stage.owner ?? around.owner, onFailure: resolveFailure(stage.onFailure, around.onFailure) };
  switch (stage.type) {
    case "ingest":
      return { ...common, type: "ingest", ...doorsOf(stage), out: resolveTarget(stage.out) };
    case "gate":
      return { ...common, ...resolveGate(stage, around) };
    case "inference":
      return { ...common, type: "inference", model: stage.model, batch: stage.batch, as: stage.as, out: resolveTarget(stage.out) };
    case "router":
      return {
        ...common,
        type: "router",
        rules: stage.rules,
        default: stage.default,
        branches: resolveBranches(stage, around),
        ...(stage.sample === undefined
          ? {}
          : { sample: { share: stage.sample.random, to: `${around.pipeline}.${around.id}.${stage.sample.to}` } }),
      };
  }
}

function doorsOf({ http, webhook, files, pull }: Doors): Doors {
  return { ...(http && { http }), ...(webhook && { webhook }), ...(files && { files }), ...(pull && { pull }) };
}

function resolveGate(
  stage: GateFile,
  around: StageSurroundings,
): Pick<Extract<StageSpec, { type: "gate" }>, "type" | "window" | "rules" | "pass" | "quarantine"> {
  return {
    type: "gate",
    ...(stage.window === undefined ? {} : { window: resolveWindow(stage.window, stage.rules) }),
    rules: stage.rules,
    pass: resolveTarget(stage.pass),
    quarantine: stage.quarantine ?? { topic: `${around.pipeline}.${around.id}.quarantine` },
  };
}

/** Windows are held as soon as one of the rules can quarantine them, unless a breaker lets their records flow. */
export function resolveWindow(window: WindowFile, rules: readonly RuleSpec[]): WindowSpec {
  return { ...window, hold: window.hold ?? (window.breaker === undefined && rules.some(quarantinesWindows)) };
}

/** A broken quality rule quarantines unless it says otherwise: the window, if it is judged over one. What stops the stage does so, too. */
export function quarantinesWindows(rule: RuleSpec): boolean {
  if (rule.mode === "off" || rule.mode === "observe" || judgesStreams(rule)) return false;
  return condemnsWindows(rule.action ?? defaultAction(rule));
}

function resolveTarget(target: TargetFile): Target {
  return typeof target === "string" ? { stage: target } : target;
}

function resolveBranches(router: RouterFile, around: StageSurroundings): ReadonlyMap<string, Target> {
  const names = [...new Set([...router.rules.map((rule) => rule.to), router.default])];
  return new Map(
    names.map((name) => {
      const written = Object.hasOwn(router.branches ?? {}, name) ? router.branches?.[name] : undefined;
      if (written !== undefined) return [name, resolveTarget(written)];
      return [name, around.ids.has(name) ? { stage: name } : { topic: `${around.pipeline}.${around.id}.${name}` }];
    }),
  );
}

export function resolveFailure(file: FailureFile | undefined, inherited: FailurePolicy): FailurePolicy {
  const sequenced = file?.sequenced ?? inherited.sequenced === true;
  return {
    retry: {
      attempts: file?.retry?.attempts ?? inherited.retry.attempts,
      backoffMinMs: file?.retry?.backoff?.minMs ?? inherited.retry.backoffMinMs,
      backoffMaxMs: file?.retry?.backoff?.maxMs ?? inherited.retry.backoffMaxMs,
    },
    then: file?.then ?? inherited.then,
    ...(sequenced && { sequenced: true as const }),
  };
}
