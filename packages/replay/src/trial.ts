import type { Present, WouldPass } from "@weir/deadletter";
import type { GateSpec, StageType } from "@weir/pipeline";
import { batchOf, type Batch, type Header } from "@weir/record";
import { judgesWindows } from "@weir/rules";
import { CODE, type BuildStage, type BuiltStage, type LoadedPipeline } from "@weir/service";
import { positionsByPort, viewOf, type Decided } from "@weir/stream";
import { SILENT_METER } from "./silent-meter.ts";

/** A record as it would be sent. */
export interface TrialRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly Header[];
  readonly timestamp: number;
}

/** The real stages of a pipeline, asked what they would do; nothing is produced. */
export interface Trial extends AsyncDisposable {
  /** Parallel to the records, which enter at the stage. */
  judge(stageId: string, records: readonly TrialRecord[]): Promise<readonly WouldPass[]>;
  readonly present: Present;
  /** By gate: rules that judge a run as a whole, or against what went before. */
  readonly unknown: ReadonlyMap<string, readonly string[]>;
}

const ALONE = { followers: [], meter: SILENT_METER } as const;

export async function createTrial(loaded: LoadedPipeline, builders: ReadonlyMap<StageType, BuildStage>): Promise<Trial> {
  const unknown = new Map<string, readonly string[]>();
  const recordsOnly = withoutWindows(loaded, unknown);
  const built = new Map<string, BuiltStage>();
  const present = new Map<string, { rules: string | null; model: string | null }>();
  let contract: string | null = null;
  for (const { id, type, replay } of loaded.topology.stages) {
    const build = builders.get(type);
    if (!build) continue;
    const stage = await build(recordsOnly, id, ALONE);
    stage.stage.assign({ topic: replay, partition: 0 }, 0, new Map());
    built.set(id, stage);
    const whole = type === "gate" ? await build(loaded, id, ALONE) : stage;
    const { rules = null, model = null, contract: digest = null } = whole.stage.describe();
    if (whole !== stage) await whole.close();
    present.set(id, { rules, model });
    contract ??= digest;
  }
  return {
    judge: (stageId, records) => judge(loaded, built, stageId, records),
    present: { spec: loaded.pipeline.digest, contract, code: CODE, stages: present },
    unknown,
    [Symbol.asyncDispose]: async () => {
      for (const stage of built.values()) await stage.close();
    },
  };
}

/** Gates that judge record by record. */
function withoutWindows(loaded: LoadedPipeline, unknown: Map<string, readonly string[]>): LoadedPipeline {
  const stages = new Map(loaded.pipeline.stages);
  for (const [id, spec] of stages) {
    if (spec.type !== "gate") continue;
    const rules = spec.rules.filter((rule) => !judgesMore(rule));
    // What only observes keeps nothing back.
    const decides = spec.rules.filter((rule) => judgesMore(rule) && rule.mode !== "observe" && rule.mode !== "off");
    unknown.set(id, decides.map((rule) => rule.id)); // prettier-ignore
    const { window: _window, ...gate } = spec;
    stages.set(id, { ...gate, rules });
  }
  return { ...loaded, pipeline: { ...loaded.pipeline, stages } };
}

function judgesMore(rule: GateSpec["rules"][number]): boolean {
  const kind: string = rule.kind;
  return judgesWindows(rule) || kind === "unique";
}

async function judge(
  loaded: LoadedPipeline,
  built: ReadonlyMap<string, BuiltStage>,
  stageId: string,
  records: readonly TrialRecord[],
): Promise<readonly WouldPass[]> {
  const topic = loaded.topology.stages.find((s) => s.id === stageId)?.replay;
  if (topic === undefined) throw new Error(`no stage ${stageId} in ${loaded.pipeline.name}`);
  // Offsets are the records' numbers: they stay with them however stages select.
  const batch = batchOf({ topic, partition: 0 }, records.map((record, i) => ({ ...record, offset: i }))); // prettier-ignore
  const answers = Array.from({ length: records.length }, (): WouldPass => ({ answer: "not-known", at: stageId }));
  await loaded.schemas?.know(batch);
  await follow(loaded, built, stageId, batch, answers);
  return answers;
}

async function follow(
  loaded: LoadedPipeline,
  built: ReadonlyMap<string, BuiltStage>,
  stageId: string,
  batch: Batch,
  answers: WouldPass[],
): Promise<void> {
  const stage = built.get(stageId)?.stage;
  const next = loaded.topology.stages.find((s) => s.id === stageId)?.next;
  if (!stage || !next) return; // no service for such a stage: not known
  for (const decided of await stage.process([batch])) {
    const byPort = positionsByPort(decided.ports, stage.ports.length);
    for (const [number, port] of stage.ports.entries()) {
      const follower = port.kind === "data" ? next.get(port.name) : undefined;
      if (follower === undefined) note(decided, number, `${stageId}.${port.name}`, port.kind === "data", answers);
      else {
        const view = viewOf(decided, byPort[number]!); // parallel to the ports
        if (view.count > 0) await follow(loaded, built, follower, { ...view, topic: replayOf(loaded, follower) }, answers);
      }
    }
  }
}

function note(decided: Decided, port: number, at: string, passes: boolean, answers: WouldPass[]): void {
  for (let i = 0; i < decided.ports.length; i++) {
    if (decided.ports[i] !== port) continue;
    const failure = decided.failures?.get(i);
    const number = decided.batch.offset[decided.rows[i]!]!; // parallel to the rows
    answers[number] = passes
      ? { answer: "pass", at }
      : { answer: "fail", at, ...(failure && { class: failure.class, message: failure.message }) };
  }
}

function replayOf({ topology }: LoadedPipeline, stageId: string): string {
  return topology.stages.find((s) => s.id === stageId)?.replay ?? stageId;
}
