import { WeirError, type Batch, type Slices } from "@weir/record";
import type { StageTopology, StageType, Topology } from "@weir/pipeline";
import {
  createRunner,
  isReplaced,
  type Clock,
  type Link,
  type Log,
  type Output,
  type Runner,
  type RunnerEvents,
  type Stage,
} from "@weir/stream";
import { sha256 } from "./hash.ts";
import type { LoadedPipeline } from "./load-pipeline.ts";

/** A stage made from its place in a pipeline, with what its runner needs to know. */
export interface BuiltStage {
  readonly stage: Stage;
  /** Where the record's own id is: used when the stage reads the entry topic. */
  readonly idsOf: (batch: Batch) => Slices | null;
  /** Close windows of a silent partition after so long; null: never. */
  readonly idleAfterMs: number | null;
  close(): Promise<void>;
}

/** `followers`: the stages that come after it in the same chain, so that what they read can be read once. */
export type BuildStage = (loaded: LoadedPipeline, stageId: string, followers: readonly string[]) => Promise<BuiltStage>;

export interface ChainOptions {
  readonly loaded: LoadedPipeline;
  /** Ids of neighbouring stages, the first reads topics. */
  readonly stageIds: readonly string[];
  readonly builders: ReadonlyMap<StageType, BuildStage>;
  readonly log: Log;
  readonly clock: Clock;
  readonly slot: string;
  readonly transactionTimeoutMs: number;
  readonly events: RunnerEvents;
}

export interface RunningChain {
  /** Settles when the chain has stopped; rejects when it could not go on. */
  readonly done: Promise<void>;
  notReady(): string | null;
  stop(): Promise<void>;
}

/** A slot that was taken over is started once more after this; a second time within `REPLACED_TWICE_MS` somebody configured it twice. */
const REPLACED_BACKOFF_MS = 2000;
const REPLACED_TWICE_MS = 30_000;

/** Builds the stages and runs them as one chain: one stage alone, or neighbours fused. */
export async function runChain(options: ChainOptions): Promise<RunningChain> {
  const { loaded, stageIds, builders, clock } = options;
  const built: BuiltStage[] = [];
  for (const [i, id] of stageIds.entries()) {
    const { type } = stageAt(loaded.topology, id);
    const build = builders.get(type);
    if (!build) throw new Error(`no service for stages of type ${type}`);
    built.push(await build(loaded, id, stageIds.slice(i + 1)));
  }
  let runner: Runner = createRunner(runnerOptions(options, built));
  let stopping = false;
  const keepRunning = async (): Promise<void> => {
    let replacedAt = -Infinity;
    while (!stopping) {
      try {
        return await runner.run();
      } catch (error) {
        if (!isReplaced(error) || stopping) throw error;
        if (clock.monotonic() - replacedAt < REPLACED_TWICE_MS) throw slotTwice(options, error);
        replacedAt = clock.monotonic();
        await clock.sleep(REPLACED_BACKOFF_MS);
        runner = createRunner(runnerOptions(options, built));
      }
    }
  };
  const runAndClose = async (): Promise<void> => {
    try {
      await keepRunning();
    } finally {
      await Promise.all(built.map((b) => b.close()));
    }
  };
  const done = runAndClose();
  done.catch(() => {}); // whoever started the chain awaits it
  return {
    done,
    notReady: () => (runner.status().joined ? null : `${stageIds.join("+")} has not joined its group`),
    stop: async () => {
      stopping = true;
      runner.stop();
      await done.catch(() => {});
    },
  };
}

function runnerOptions(
  { loaded, stageIds, log, clock, slot, events, transactionTimeoutMs }: ChainOptions,
  built: readonly BuiltStage[],
): Parameters<typeof createRunner>[0] {
  const { pipeline, topology } = loaded;
  const first = stageAt(topology, stageIds[0]!); // a chain has a stage
  const entry = first.inputs.includes(topology.entryTopic);
  return {
    log,
    clock,
    events,
    slot,
    transactionTimeoutMs,
    group: first.group,
    inputs: first.inputs,
    links: linksOf(
      topology,
      stageIds,
      built.map((b) => b.stage),
    ),
    idsOf: entry ? built[0]!.idsOf : null, // a chain has a stage
    topics: { executions: topology.executions, verdicts: topology.verdicts, control: topology.control },
    commit: { everyMs: pipeline.delivery.commitEveryMs, bytes: pipeline.delivery.commitBytes },
    handsOnTo: stageIds.flatMap((id) => handedOn(topology, stageIds, id)),
    idleAfterMs: built[0]!.idleAfterMs, // as above
    onOutOfRange: "stop",
    minimalHeaders: pipeline.headers === "minimal",
    keepTimestamps: pipeline.timestamps === "keep",
    hash: sha256,
  };
}

/** Topics of a stage that stages outside the chain read. */
function handedOn(topology: Topology, stageIds: readonly string[], id: string): string[] {
  const { outputs, next } = stageAt(topology, id);
  return [...next].flatMap(([port, follower]) => (stageIds.includes(follower) ? [] : [outputs.get(port) ?? []].flat()));
}

/** Where each port of each stage of a chain leads: to the next stage in the process, or to a topic. */
export function linksOf(topology: Topology, stageIds: readonly string[], stages: readonly Stage[]): Link[] {
  return stages.map((stage, i) => {
    const { outputs, next } = stageAt(topology, stageIds[i]!); // parallel
    const places = stage.ports.map((port): readonly [string, Output] => {
      if (port.kind === "dead-letter") return [port.name, { topic: topology.dlq, next: null }];
      const follower = stageIds.indexOf(next.get(port.name) ?? "");
      const topic = outputs.get(port.name);
      if (topic === undefined) throw new Error(`port ${port.name} of stage ${stage.id} leads nowhere`);
      return [port.name, follower > i ? { topic: null, next: follower } : { topic, next: null }];
    });
    return { stage, outputs: new Map(places), stateTopic: stage.holds ? topology.state(stage.id) : null };
  });
}

export function stageAt(topology: Topology, id: string): StageTopology {
  const found = topology.stages.find((s) => s.id === id);
  if (!found) throw new Error(`no stage ${id} in the topology`);
  return found;
}

function slotTwice({ slot, stageIds }: ChainOptions, cause: unknown): WeirError {
  return new WeirError(
    {
      code: "WEIR-5003",
      what: `slot ${slot} is configured twice`,
      where: `stage ${stageIds.join("+")}`,
      why: "another process took the same place of the group twice within 30 s",
      fix: "give every process of the group its own WEIR_SLOT",
    },
    { cause, exitCode: 4 },
  );
}
