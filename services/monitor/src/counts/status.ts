import type { Pipeline, StageTopology, Topology } from "@weir/pipeline";
import { WAITING_PORT } from "@weir/stream";
import type { CountsView, StageCounts } from "./view.ts";

/** Counts of every stage and of every hop between two, from the execution log alone. */
export interface PipelineStatus {
  readonly pipeline: string;
  readonly guarantee: Pipeline["delivery"]["guarantee"];
  readonly stages: readonly (StageCounts & {
    readonly id: string;
    readonly type: string;
    /** At least once it is below zero where records came twice, and the stage before has no entry of that. */
    readonly inFlight: number;
    readonly replayed: number;
    /** Records that wait behind a failed one of their key, and those that no longer do: these were taken in twice. */
    readonly waiting: number;
    readonly wentOn: number;
  })[];
  /** `in = sum of ports` for every stage, and nothing under way between two. At least once it says nothing of records that came twice. */
  readonly balanced: boolean;
}

/** Records that a port sent and the next stage has not yet decided count as in flight at the next stage; replays come from elsewhere. */
export function pipelineStatus(
  { name, delivery }: Pick<Pipeline, "name" | "delivery">,
  topology: Topology,
  view: CountsView,
): PipelineStatus {
  const flowing = topology.stages.filter((s) => s.type !== "ingest");
  const stages = flowing.map((stage) => {
    const counts = view.stage(stage.id);
    const sent = sentTo(stage, flowing, view);
    const replayed = counts.inByTopic[stage.replay] ?? 0;
    const wentOn = counts.inByTopic[topology.waiting(stage.id)] ?? 0;
    const waiting = (counts.ports[WAITING_PORT] ?? 0) - wentOn;
    const inFlight = sent === null ? 0 : sent - (counts.in - replayed - wentOn);
    return { id: stage.id, type: stage.type, ...counts, replayed, waiting, wentOn, inFlight };
  });
  const { guarantee } = delivery;
  const isOver = (inFlight: number): boolean => inFlight === 0 || (guarantee === "at-least-once" && inFlight < 0);
  const balanced = stages.every((s) => s.in === sum(s.ports) && isOver(s.inFlight));
  return { pipeline: name, guarantee, stages, balanced };
}

/** Records that were sent to a stage by others; null where its input comes from outside. */
function sentTo(stage: StageTopology, all: readonly StageTopology[], view: CountsView): number | null {
  let sent: number | null = null;
  for (const from of all) {
    for (const [port, next] of from.next) if (next === stage.id) sent = (sent ?? 0) + (view.stage(from.id).ports[port] ?? 0);
  }
  return sent;
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((n, c) => n + c, 0);
}
