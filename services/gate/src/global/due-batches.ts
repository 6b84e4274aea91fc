import { awaited, progressOf, type Due, type DueWindow } from "./due.ts";
import type { Heard } from "./heard.ts";
import { batchOf, sharedWindows, type SharedWindow } from "./judge-shares.ts";
import { FOREVER, type SharedVerdict } from "./notes.ts";

/**
 * Batches of which all partitions together have as many records as the producer declared. Others are over when nothing more can come: at the end
 * of the input, and where all partitions are silent, if the pipeline says so. Those that came one after the other are judged in this order.
 */
export function dueBatches(due: Due, closesIdle: boolean): DueWindow[] {
  const waitedFor = awaited(progressOf(due));
  const ended = waitedFor.length > 0 && waitedFor.every((p) => p?.closed === FOREVER);
  const silent = waitedFor.length === 0 && closesIdle && due.heard.partitions > 0;
  return sharedWindows(due.heard.shares(due.topic))
    .filter(({ id }) => !due.isOutstanding(id))
    .flatMap((window): DueWindow[] => {
      if (isWhole(window)) return [{ window, closedBy: "log" }];
      if (ended) return [{ window, closedBy: "endOfInput" }];
      return silent ? [{ window, closedBy: "marker" }] : [];
    })
    .sort((a, b) => inOrder(a.window, b.window));
}

function isWhole({ shares }: SharedWindow): boolean {
  const batch = batchOf(shares);
  return batch?.declared.records !== undefined && batch.records >= batch.declared.records;
}

/** By where they began in the first partition that has both. */
function inOrder(a: SharedWindow, b: SharedWindow): number {
  for (const { partition, partial } of a.shares) {
    const other = b.shares.find((share) => share.partition === partition);
    if (other) return partial.first - other.partial.first;
  }
  return a.id < b.id ? -1 : 1;
}

/** What a partition has of the id now is another batch, if it began behind what was judged. */
export function isBatchReleased({ id, last }: SharedVerdict, topic: string, heard: Heard): boolean {
  return heard.shares(topic).every(({ partition, partial }) => partial.id !== id || partial.first > (last[partition] ?? -1));
}
