import { nextCount, PARKED_FROM, type Letter, type RunKind } from "@weir/deadletter";
import type { Topology } from "@weir/pipeline";
import { partitionOf } from "@weir/record";

/** Where a letter is sent: a topic, and the stage that will read it there, if one does. */
export interface Target {
  readonly topic: string;
  readonly stage: string | null;
}

/** A target, or why there is none. */
export type Targeting = (letter: Letter) => Target | string;

/** `to`: a stage or a topic, instead of the stage that failed. Records that were replayed again and again are parked, unless forced. */
export function createTargeting(topology: Topology, does: RunKind, to: string | undefined, force: boolean): Targeting {
  const stageTarget = (id: string): Target | null => {
    const stage = topology.stages.find((s) => s.id === id && s.type !== "ingest");
    return stage ? { topic: stage.replay, stage: stage.id } : null;
  };
  const named = to === undefined ? null : (stageTarget(to) ?? { topic: to, stage: null });
  return (letter) => {
    const { description: d } = letter;
    if (d.payload === "none") return "its value was too large to be kept here";
    if (does === "discard") return { topic: letter.topic, stage: null };
    if (!force && nextCount(letter) >= PARKED_FROM) return { topic: topology.parked, stage: null };
    if (named) return named;
    if (does === "release") return afterGate(topology, d.stage ?? "") ?? `no gate ${d.stage ?? "?"} in the pipeline`;
    if (d.family !== "weir") return "another project's dead letter: name a stage or a topic with --to";
    return stageTarget(d.stage ?? "") ?? `the pipeline has no stage ${d.stage ?? "?"} any more: name another with --to`;
  };
}

/** A released record enters the stage behind the gate. */
function afterGate(topology: Topology, gate: string): Target | null {
  const stage = topology.stages.find((s) => s.id === gate);
  const topic = stage?.outputs.get("pass");
  if (!stage || topic === undefined) return null;
  const follower = topology.stages.find((s) => s.id === stage.next.get("pass"));
  return follower ? { topic: follower.replay, stage: follower.id } : { topic, stage: null };
}

/** The same partition where the topics are alike, so that the order of a key survives; else that of the key. */
export function targetPartition(letter: Letter, sourcePartitions: number, targetPartitions: number): number {
  const { key } = letter.record;
  const alike = sourcePartitions === targetPartitions && letter.description.family === "weir";
  return alike || key === null ? letter.partition % targetPartitions : partitionOf(key, targetPartitions);
}
