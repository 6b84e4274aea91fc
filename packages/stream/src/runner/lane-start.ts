import { laneKey, RetriableError, WeirError, type Lane } from "@weir/record";
import type { Bounds, Log, Membership } from "../log.ts";
import type { RestoredState } from "../stage.ts";
import type { OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";
import { restoreState } from "./state.ts";

/** Where a lane goes on, with the state that belongs to that place, by state topic. */
export interface LaneStart {
  readonly from: number;
  readonly states: ReadonlyMap<string, RestoredState>;
  /** What the last owner left beside the committed offset. */
  readonly note: string | null;
  /** Of the membership that it was looked up for. */
  readonly incarnation: number;
}

/** Many lanes start at once: one look at the topics serves them all. */
const WIDTHS_MS = 1000;

/** Why a lane cannot start now. */
export interface Barred {
  readonly barred: string;
}

/** The committed offset first, once nothing that could move it is open, then the state: whatever was committed with the offset is in it. */
export async function findStart(options: RunnerOptions, membership: Membership, { lane, key }: OwnedLane): Promise<LaneStart | Barred> {
  const { log, group, links, onOutOfRange } = options;
  const { incarnation } = membership;
  const committed = await committedOf(options, membership, lane);
  const bounds = (await log.bounds([lane])).get(key);
  if (!bounds) throw new RetriableError("NO_LEADER", `${lane.topic}-${lane.partition} has no bounds yet`);
  const gone = committed !== null && (committed < bounds.earliest || committed > bounds.end);
  if (gone && onOutOfRange === "stop") return { barred: recordsGone(group, key, committed, bounds) };
  const from = committed === null || (gone && onOutOfRange === "earliest") ? bounds.earliest : gone ? bounds.latest : committed;
  const states = new Map<string, RestoredState>();
  for (const { stateTopic } of links) {
    if (stateTopic === null) continue;
    try {
      states.set(stateTopic, await restoreState(log, { topic: stateTopic, partition: lane.partition }));
    } catch (error) {
      if (!(error instanceof WeirError) || error.problem.code !== "WEIR-5007") throw error;
      return { barred: `WEIR-5007 ${error.problem.what}: ${error.problem.where}: ${error.problem.why}` };
    }
  }
  const note = committed === null || from !== committed ? null : ((await log.marked(group, [lane], membership)).get(key) ?? null);
  return { from, states, note, incarnation };
}

/** Partitions keep their number from hop to hop: tells which of the topics that a chain writes have not as many as a lane needs. */
export function createWidths({ log, links, topics, clock }: RunnerOptions): (lane: Lane) => Promise<readonly string[]> {
  const written = links.flatMap(({ outputs, stateTopic }) => [stateTopic, ...[...outputs.values()].flatMap((o) => o.topic)]);
  // Only who keeps windows writes verdicts, and only they have the right to look at that topic.
  const judges = links.some(({ stage, stateTopic }) => stateTopic !== null && stage.ports.some(({ kind }) => kind === "quarantine"));
  const names = [...new Set([...written, topics.executions, judges ? topics.verdicts : null])].filter((name) => name !== null);
  let asked: { readonly at: number; readonly answer: ReturnType<Log["partitions"]> } | null = null;
  return async ({ partition }) => {
    const now = clock.monotonic();
    if (asked === null || now - asked.at > WIDTHS_MS) asked = { at: now, answer: log.partitions(names) };
    const found = await asked.answer;
    return names.filter((name) => (found.get(name) ?? 0) <= partition);
  };
}

/** A replay's topic is read by the stage's own group or by that of the chain which it is fused into: the furthest counts. */
async function committedOf({ log, group, replays }: RunnerOptions, membership: Membership, lane: Lane): Promise<number | null> {
  const own = (await log.committed(group, [lane], membership)).get(laneKey(lane)) ?? null;
  let furthest = own;
  for (const other of replays?.get(lane.topic)?.groups ?? []) {
    if (other === group) continue;
    const offset = (await log.committed(other, [lane], null)).get(laneKey(lane)) ?? null;
    if (offset !== null && (furthest === null || offset > furthest)) furthest = offset;
  }
  return furthest;
}

function recordsGone(group: string, lane: string, committed: number, { earliest, end }: Bounds): string {
  const what =
    committed < earliest
      ? `records of ${lane} were deleted before they were read: group ${group} stands at ${committed}, the log starts at ${earliest}`
      : `group ${group} stands at ${committed} of ${lane}, and the log ends at ${end}: the topic was created anew or has lost records`;
  return `WEIR-5001 ${what}`;
}

export function partitionsMissing(lane: string, narrow: readonly string[]): string {
  return `WEIR-5006 ${lane} has no place to go: ${narrow.join(", ")} ${narrow.length === 1 ? "has" : "have"} fewer partitions`;
}
