import { createReader, type Contract, type FieldRequest } from "@weir/contract";
import { compileEncoder, pointerPart } from "@weir/model";
import { contractAt } from "@weir/pipeline";
import { entryIds, sha256, type BuildStage, type LoadedPipeline } from "@weir/service";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import { createStage, type GateOptions } from "./stage.ts";
import { gateTelemetry } from "./telemetry.ts";
import { withReplays } from "./with-replays.ts";

/** What a gate has in memory and lets go at once. */
export type GateBounds = Pick<GateOptions, "partBytes" | "maxHeldBytes">;

/** A gate from its place in a pipeline. */
export const buildStage: BuildStage = (loaded, stageId, context) => build(loaded, stageId, context, {});

/** The same within other bounds than the usual ones. */
export function buildStageWithin(bounds: GateBounds): BuildStage {
  return (loaded, stageId, context) => build(loaded, stageId, context, bounds);
}

async function build(
  ...[loaded, stageId, { followers, meter, stops = false }, bounds]: [...Parameters<BuildStage>, GateBounds]
): ReturnType<BuildStage> {
  const { pipeline } = loaded;
  const spec = pipeline.stages.get(stageId);
  if (spec?.type !== "gate") throw new Error(`${stageId} is no gate of ${pipeline.name}`);
  const ids = entryIds(pipeline.record.id);
  const contract = contractAt(contractFor(loaded, spec.rules), pipeline.stages, stageId);
  let reader = createReader([]);
  const telemetry = gateTelemetry(
    meter,
    { pipeline: pipeline.name, stage: stageId },
    spec.rules.map((rule) => rule.id),
  );
  const options: GateOptions = {
    ...bounds,
    stops,
    onJudged: telemetry.judged,
    onAlarm: telemetry.alarmed,
    pipeline: pipeline.name,
    stage: stageId,
    owner: spec.owner,
    spec: pipeline.digest,
    contract,
    rules: spec.rules,
    baselines: loaded.baselines,
    window: spec.window ?? null,
    time: pipeline.record.time,
    sha256,
    handsOn: followers.flatMap((id) => readBy(loaded, id)),
    createReader: (requests) => (reader = contract.reader([...requests, ...ids.requests])),
  };
  const main = createStage(options);
  const topic = loaded.topology.stages.find((s) => s.id === stageId)?.replay;
  const alike = options.window === null && main.remembers !== true;
  const stage = alike || topic === undefined ? main : withReplays(main, createStage(asReplays(options)), topic);
  return { stage, idsOf: (batch) => ids.from(reader)(batch), idleAfterMs: idleAfterMs(spec.window), close: async () => {} };
}

/** The gate that judges replays: every run is one window, whose end its last word says. A bad run says nothing of the source, so it stops nothing. */
export function asReplays({ createReader: _own, stops: _never, window, ...options }: GateOptions): GateOptions {
  if (window === null) return { ...options, window };
  const { breaker, minRecords } = window;
  const hold = window.hold || breaker !== undefined; // a run comes once: there is no later one to divert
  return { ...options, window: { kind: "batch", hold, ...(minRecords !== undefined && { minRecords }) }, batchHeader: "weir.replay.id" };
}

/** Where windows span all partitions, a partition in which nothing comes must not keep the others waiting. */
const SILENT_AFTER_MS = 60_000;

function idleAfterMs(window: WindowSpec | undefined): number | null {
  if ((window?.kind === "time" || window?.kind === "batch") && window.scope === "global") return window.idleAfter ?? SILENT_AFTER_MS;
  return window?.idleAfter ?? null;
}

/** What an inference stage reads of the record: its features, and whether there is a prediction already. */
function readBy({ pipeline, models, contract }: LoadedPipeline, stageId: string): FieldRequest[] {
  const [spec, model] = [pipeline.stages.get(stageId), models.get(stageId)];
  if (spec?.type !== "inference" || !model) return [];
  const { requests } = compileEncoder(model.manifest);
  return contract.format === "avro" ? [...requests] : [...requests, { pointer: `/${pointerPart(spec.as)}`, as: "boolean" }];
}

/** The pipeline's contract, within the bounds of a `decode` rule. */
function contractFor(loaded: LoadedPipeline, rules: readonly RuleSpec[]): Contract {
  const decode = rules.find((r) => r.kind === "decode");
  if (!decode || (decode.maxBytes === undefined && decode.maxDepth === undefined)) return loaded.contract;
  return loaded.contract.bounded({
    ...(decode.maxBytes !== undefined && { maxBytes: decode.maxBytes }),
    ...(decode.maxDepth !== undefined && { maxDepth: decode.maxDepth }),
  });
}
