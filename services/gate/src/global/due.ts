import type { ClosedBy } from "../verdict.ts";
import type { Heard } from "./heard.ts";
import type { SharedWindow } from "./judge-shares.ts";
import { FOREVER, type Progress } from "./notes.ts";

/** What the judge has to go by. */
export interface Due {
  readonly topic: string;
  readonly heard: Heard;
  /** Event time up to which windows are judged; -Infinity: none is. */
  readonly judgedUpTo: number;
  /** Is there a verdict on it that has not reached everybody? */
  readonly isOutstanding: (id: string) => boolean;
}

export interface DueWindow {
  readonly window: SharedWindow;
  readonly closedBy: ClosedBy;
}

/** By partition: how far each has come; null where it has told nothing yet. */
export function progressOf({ topic, heard }: Pick<Due, "topic" | "heard">): (Progress | null)[] {
  return Array.from({ length: heard.partitions }, (_, partition) => heard.progress(topic, partition));
}

/** Nothing more is waited for from a partition that has been silent, unless its input has ended: that is certain. */
export function awaited(all: readonly (Progress | null)[]): (Progress | null)[] {
  return all.filter((p) => p?.silent !== true || p.closed === FOREVER);
}
