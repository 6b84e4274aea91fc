import { readReplayMarks } from "@weir/deadletter";
import type { Topology } from "@weir/pipeline";
import { laneKey } from "@weir/record";
import type { Log } from "@weir/stream";
import { lanesOf, wholeOf } from "./lanes.ts";
import { readStretches } from "./read-stretch.ts";

/** A replayed record that was refused again: the place of the letter that it was, and why now. */
export interface FailedAgain {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
}

export interface FailureWatch {
  /** What failed since the last look. */
  look(): Promise<readonly FailedAgain[]>;
}

const PLACE = /^(.{1,249})\/(\d{1,10})\/(\d{1,16})$/;

/**
 * Follows dead letters and quarantines for records of one run. `from`: where to begin, by lane; what lies before cannot be of
 * the run.
 */
export async function watchFailures(log: Log, topology: Topology, run: string, from: ReadonlyMap<string, number>): Promise<FailureWatch> {
  const topics = new Set([topology.dlq, ...topology.stages.flatMap((s) => s.outputs.get("quarantine") ?? [])]);
  const lanes = (await Promise.all([...topics].map((topic) => lanesOf(log, topic)))).flat();
  const next = new Map(from);
  const found: FailedAgain[] = []; // kept when a look fails half-way: it is not read again
  return {
    look: async () => {
      const stretches = (await wholeOf(log, lanes)).map((s) => ({ ...s, offset: Math.max(s.offset, next.get(laneKey(s)) ?? 0) }));
      for await (const { topic, partition, record } of readStretches(log, stretches)) {
        next.set(`${topic}/${partition}`, record.offset + 1);
        const marks = readReplayMarks(record.headers);
        const parent = marks?.id === run ? PLACE.exec(marks.parent ?? "") : null;
        if (!parent) continue;
        const at = `${topic}/${partition}/${record.offset}`;
        found.push({ topic: parent[1] ?? "", partition: Number(parent[2]), offset: Number(parent[3]), reason: at });
      }
      return found.splice(0);
    },
  };
}
