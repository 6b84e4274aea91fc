import type { GateSettings } from "../settings.ts";
import type { Due, DueWindow } from "./due.ts";
import { dueBatches, isBatchReleased } from "./due-batches.ts";
import { dueTimes, isTimeReleased } from "./due-times.ts";
import type { Heard } from "./heard.ts";
import type { SharedVerdict } from "./notes.ts";

/** When windows are over in all partitions, and when everybody has let them go. */
export interface DuePolicy {
  /** Windows that can be judged now, in the order in which they are. */
  due(due: Due): DueWindow[];
  isReleased(verdict: SharedVerdict, topic: string, heard: Heard): boolean;
}

export function duePolicy({ kind, closesIdle }: GateSettings): DuePolicy {
  return kind === "batch"
    ? { due: (due) => dueBatches(due, closesIdle), isReleased: isBatchReleased }
    : { due: (due) => dueTimes(due, closesIdle), isReleased: isTimeReleased };
}
