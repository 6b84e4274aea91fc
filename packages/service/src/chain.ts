import { WeirError, type Batch, type Slices } from "@weir/record";
import type { StageTopology, StageType, Topology } from "@weir/pipeline";
import {
  createRunner,
  isReplaced,
  WAITING_PORT,
  type Clock,
  type FailureCare,
  type Link,
  type Log,
  type Output,
  type ReplayInput,
  type Runner,
  type Execution,
  type Stage,
} from "@weir/stream";
import { sha256 } from "./hash.ts";
import { VERSION } from "./version.ts";
import type { LoadedPipeline } from "./load-pipeline.ts";
import type { MissingOffsets } from "./settings.ts";
import type { Meter } from "./metrics/meter.ts";
import type { ChainEvents } from "./telemetry.ts";

/** Stamped on dead letters: what failed them may have been the code. */
export const CODE: string = `weir/${VERSION}`;

/** A stage made from its place in a pipeline, with what its runner needs to know. */
export interface BuiltStage {
  readonly stage: Stage;
  /** Where the record's own id is: used when the stage reads the entry topic. */
  readonly idsOf: (batch: Batch) => Slices | null;
  /** Told of the stage's part of every transaction that became visible. */
  readonly onCommitted?: (execution: Execution) => void;
  /** Close windows of a silent partition after so long; null: never. */
  readonly idleAfterMs: number | null;
  close(): Promise<void>;
}

export interface BuildContext {
  /** The stages that come after it in the same chain, so that what they read can be read once. */
  readonly followers: readonly string[];
  /** For what the stage alone can count. */
  readonly meter: Meter;
  /** Is it heeded when a rule stops the stage? Default: no, for those who only try stages out. */
  readonly stops?: boolean;
}

export type BuildStage = (loaded: LoadedPipeline, stageId: string, context: BuildContext) => Promise<BuiltStage>;

export interface ChainOptions {
  readonly loaded: LoadedPipeline;
  /** Ids of neighbouring stages, the first reads topics. */
  readonly stageIds: readonly string[];
  readonly builders: ReadonlyMap<StageType, BuildStage>;
  readonly log: Log;
  readonly clock: Clock;
  readonly slot: string;
  readonly transactionTimeoutMs: number;
  readonly missingOffsets: MissingOffsets;
  readonly meter: Meter;
  readonly eventsOf: (stages: readonly BuiltStage[]) => ChainEvents;
  /** Does a rule with `pause` or `halt` stop its stage? Default: no, for those who want to see the end of a file. */
  readonly stops?: boolean;
}

export interface RunningChain {
  /** Settles when the chain has stopped; rejects when it could not go on. */
  readonly done: Promise<void>;
  notReady(): string | null;
  /** Why partitions cannot go on; the others do. */
  halted(): readonly string[];
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
    built.push(await build(loaded, id, { followers: stageIds.slice(i + 1), meter: options.meter, stops: options.stops ?? false }));
  }
  const events = options.eventsOf(built);
  let runner: Runner = createRunner(runnerOptions(options, built, events));
  let stopping = false;
  const keepRunning = async (): Promise<void> => {
    let replacedAt = -Infinity;
    while (!stopping) {
      try {
        return await runner.run();
      } catch (error) {
        if (!isReplaced(error) || stopping) throw error;
        events.replaced();
        if (clock.monotonic() - replacedAt < REPLACED_TWICE_MS) throw slotTwice(options, error);
        replacedAt = clock.monotonic();
        await clock.sleep(REPLACED_BACKOFF_MS);
        runner = createRunner(runnerOptions(options, built, events));
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
    halted: () => runner.status().halted,
    notReady: () => (runner.status().joined ? null : `${stageIds.join("+")} has not joined its group`),
    stop: async () => {
      stopping = true;
      runner.stop();
      await done.catch(() => {});
    },
  };
}

function runnerOptions(
  { loaded, stageIds, log, clock, slot, transactionTimeoutMs, missingOffsets }: ChainOptions,
  built: readonly BuiltStage[],
  events: ChainEvents,
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
    replays: replaysOf(topology, stageIds),
    links: linksOf(
      loaded,
      stageIds,
      built.map((b) => b.stage),
    ),
    idsOf: entry ? built[0]!.idsOf : null, // a chain has a stage
    entryTopic: topology.entryTopic,
    code: CODE,
    topics: { executions: topology.executions, verdicts: topology.verdicts, control: topology.control },
    guarantee: pipeline.delivery.guarantee,
    compression: pipeline.delivery.compression,
    commit: { everyMs: pipeline.delivery.commitEveryMs, bytes: pipeline.delivery.commitBytes },
    handsOnTo: stageIds.flatMap((id) => handedOn(topology, stageIds, id)),
    idleAfterMs: built[0]!.idleAfterMs, // as above
    onOutOfRange: missingOffsets,
    care: careOf(loaded, stageIds),
    minimalHeaders: pipeline.headers === "minimal",
    keepTimestamps: pipeline.timestamps === "keep",
    hash: sha256,
  };
}

function careOf({ pipeline, topology }: LoadedPipeline, stageIds: readonly string[]): FailureCare {
  const breaker = pipeline.deadLetter?.breaker ?? null;
  return {
    retries: stageIds.map((id) => {
      const { retry, then } = pipeline.stages.get(id)?.onFailure ?? pipeline.onFailure;
      return { ...retry, then };
    }),
    breaker,
    breakerClasses: new Set(breaker?.classes),
    alerts: { topic: topology.alerts, pipeline: pipeline.name },
  };
}

/** What replays send to the stages of a chain. Fused, the chain's group reads for all of them. */
export function replaysOf(topology: Topology, stageIds: readonly string[]): ReadonlyMap<string, ReplayInput> {
  const groups = topology.stages.filter((s) => s.type !== "ingest").map((s) => s.group);
  return new Map(stageIds.map((id, link) => [stageAt(topology, id).replay, { link, groups }]));
}

/** Topics of a stage that stages outside the chain read. */
function handedOn(topology: Topology, stageIds: readonly string[], id: string): string[] {
  const { outputs, next } = stageAt(topology, id);
  return [...next].flatMap(([port, follower]) => (stageIds.includes(follower) ? [] : [outputs.get(port) ?? []].flat()));
}

type LinksOf = Pick<LoadedPipeline, "pipeline" | "topology">;

/** Where each port of each stage of a chain leads: to the next stage in the process, or to a topic. */
export function linksOf({ pipeline, topology }: LinksOf, stageIds: readonly string[], stages: readonly Stage[]): Link[] {
  return stages.map((stage, i) => {
    const { outputs, next, replay } = stageAt(topology, stageIds[i]!); // parallel
    const places = stage.ports.map((port): readonly [string, Output] => {
      if (port.kind === "dead-letter") return [port.name, { topic: topology.dlq, next: null }];
      const follower = stageIds.indexOf(next.get(port.name) ?? "");
      const topic = outputs.get(port.name);
      if (topic === undefined) throw new Error(`port ${port.name} of stage ${stage.id} leads nowhere`);
      return [port.name, follower > i ? { topic: null, next: follower } : { topic, next: null }];
    });
    const isSequenced = pipeline.stages.get(stage.id)?.onFailure.sequenced === true;
    const stateTopic = stage.holds || stage.remembers === true || isSequenced ? topology.state(stage.id) : null;
    if (!isSequenced) return { stage, outputs: new Map(places), stateTopic };
    const waiting = topology.waiting(stage.id);
    const withWaiting = new Map([...places, [WAITING_PORT, { topic: waiting, next: null }]]);
    return { stage, outputs: withWaiting, stateTopic, sequenced: { replays: replay, waiting } };
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
