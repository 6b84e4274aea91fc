import { laneKey } from "@weir/record";
import { parseNote, type Log, type SkipNote } from "@weir/stream";
import { lanesOf, readToEnd } from "./read-topics.ts";
import type { SkipTo } from "./unreadable.ts";

const decoder = new TextDecoder();

/** What people said to leave out, from the pipeline's control topic. */
export async function readSkips(log: Log, controlTopic: string): Promise<SkipTo> {
  const notes: SkipNote[] = [];
  for await (const { record } of readToEnd(log, await lanesOf(log, [controlTopic]))) {
    const note = record.value === null ? null : parseNote(decoder.decode(record.value));
    if (note?.kind === "skip") notes.push(note);
  }
  return (lane, offset) => notes.find((n) => laneKey(n) === laneKey(lane) && n.from <= offset && offset < n.to)?.to ?? null;
}
