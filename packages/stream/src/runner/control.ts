import { laneKey, type Lane } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { LeftOut, Stop } from "../stage.ts";
import { followTopic, type NoteListener } from "./follow.ts";
import { parseNote, type ResumeNote, type SkipNote } from "./notes.ts";

/** What people and tools tell a pipeline, as far as it has been read. */
export interface Control {
  /** Offset at which the lane's input ends, -1 when nothing says that it does. */
  endOf(lane: Lane): number;
  /** Where to go on instead of the offset, if somebody said to leave out what is there; -1 when nobody did. */
  skipTo(lane: Lane, offset: number): number;
  /** Who has said that the stop of the lane is over; null: nobody. */
  resumedBy(lane: Lane, stop: Stop): string | null;
  stop(): void;
}

export interface ControlListener extends NoteListener {
  onLeftOut(note: LeftOut): void;
}

/** Follows the control topic. Notes arrive while it runs. */
export async function followControl(log: Log, topic: string, clock: Clock, listener: ControlListener): Promise<Control> {
  const { onNote, onFault, onLeftOut } = listener;
  const ends = new Map<string, number>();
  const skips = new Map<string, SkipNote[]>();
  const resumes = new Map<string, ResumeNote>();
  const take = (value: string | null): void => {
    const note = value === null ? null : parseNote(value);
    if (note === null) return;
    const key = laneKey(note);
    if (note.kind === "end") ends.set(key, Math.max(note.offset, ends.get(key) ?? -1));
    else if (note.kind === "left-out") onLeftOut(note);
    else if (note.kind === "resume") resumes.set(key, note);
    else skips.set(key, [...(skips.get(key) ?? []), note]);
  };
  const onNotes = (notes: readonly { readonly value: string | null }[]): void => {
    for (const { value } of notes) take(value);
    onNote();
  };
  const following = await followTopic(log, topic, clock, { onNotes, onFault });
  return {
    endOf: (lane) => ends.get(laneKey(lane)) ?? -1,
    skipTo: (lane, offset) => skips.get(laneKey(lane))?.find(({ from, to }) => from <= offset && offset < to)?.to ?? -1,
    resumedBy: (lane, { verdict, since }) => {
      const note = resumes.get(laneKey(lane));
      return note?.verdict === verdict && note.since === since ? note.by : null;
    },
    stop: () => following.stop(),
  };
}
