import { WeirError, type Batch } from "@weir/record";
import type { Decided, Recall } from "@weir/stream";
import type { LaneState, OpenWindow, Segment } from "./lane-state.ts";
import { releasePart, type Release } from "./release.ts";
import type { GateSettings } from "./settings.ts";
import { foundAgain } from "./spill.ts";
import type { ClosedBy } from "./verdict.ts";

/** A closed window that is let go in parts; those behind it wait. */
export interface Releasing {
  readonly window: OpenWindow;
  readonly by: ClosedBy;
  /** How it was judged; null until its turn has come. */
  release: Release | null;
  /** Everything of it up to this offset has left. */
  cursor: number;
  /** How many of the first spilled rows have been read again. */
  recalled: number;
}

/** Is it too much for one transaction, or not in memory? */
export function leavesInParts({ partBytes }: GateSettings, window: OpenWindow): boolean {
  return window.heldBytes > partBytes || window.spilled.length > 0;
}

export function releasing(window: OpenWindow, by: ClosedBy, release: Release | null): Releasing {
  return { window, by, release, cursor: -1, recalled: 0 };
}

/** The next part of the first window that is let go, or what has to be read again for it; null when it is all out. */
export function nextPart(settings: GateSettings, state: LaneState, head: Releasing, release: Release): readonly Decided[] | Recall | null {
  const [spilled] = head.window.spilled;
  if (spilled) {
    const from = spilled.offsets[head.recalled]!; // what has been recalled whole is no longer there
    return { lane: state.lane, from, to: spilled.offsets[spilled.offsets.length - 1]! + 1 }; // spilled segments have rows
  }
  const { segments } = head.window;
  const part: Segment[] = [];
  for (let bytes = 0; segments.length > 0 && bytes < settings.partBytes;) {
    const segment = segments.shift()!; // length > 0
    for (let i = 0; i < segment.count; i++) bytes += Math.max(0, segment.batch.valueLength[segment.rows[i]!]!); // i < count
    part.push(segment);
  }
  const last = part[part.length - 1];
  if (last === undefined) return null;
  head.cursor = last.batch.offset[last.rows[last.count - 1]!]!; // segments have rows
  return part.flatMap((segment) => releasePart(settings, segment, release));
}

/** What was read again of the first window that is let go. */
export function recalledPart(settings: GateSettings, head: Releasing, release: Release, batch: Batch): Decided[] {
  const [spilled] = head.window.spilled;
  if (!spilled || batch.nextOffset <= spilled.offsets[head.recalled]!) return []; // as in nextPart
  const { segment, next } = foundAgain(spilled, batch, head.recalled);
  const missing = spilled.offsets[next];
  if (missing !== undefined && missing < batch.nextOffset) throw gone(head, batch, missing);
  head.recalled = next;
  if (segment.count > 0) head.cursor = batch.offset[segment.rows[segment.count - 1]!]!; // rows of the batch
  if (missing === undefined) {
    head.window.spilled.shift();
    head.recalled = 0;
  }
  return segment.count > 0 ? releasePart(settings, segment, release) : [];
}

/** After a restart: what had left already leaves no second time. */
export function dropReleased({ window, cursor }: Releasing): void {
  window.segments.splice(0, window.segments.length, ...window.segments.flatMap((segment) => behind(segment, cursor)));
  const spilled = window.spilled.flatMap((part) => {
    const first = part.offsets.findIndex((offset) => offset > cursor);
    if (first <= 0) return first < 0 ? [] : [part];
    const moved = <T>(map: ReadonlyMap<number, T>): Map<number, T> =>
      new Map([...map].filter(([at]) => at >= first).map(([at, value]) => [at - first, value]));
    return [{ ...part, offsets: part.offsets.slice(first), refused: moved(part.refused), tags: moved(part.tags) }];
  });
  window.spilled.splice(0, window.spilled.length, ...spilled);
}

function behind(segment: Segment, cursor: number): Segment[] {
  const rows = segment.rows.subarray(0, segment.count).filter((row) => segment.batch.offset[row]! > cursor); // rows of the batch
  return rows.length === 0 ? [] : [{ ...segment, rows, count: rows.length }];
}

function gone({ window }: Releasing, { topic, partition }: Batch, offset: number): WeirError {
  return new WeirError({
    code: "WEIR-2305",
    what: `the record at offset ${offset} of the judged window ${window.id} is gone`,
    where: `${topic} partition ${partition}`,
    why: "records were deleted or compacted before the window was let go",
    fix: "raise retention.ms of the topic to twice the window at least; to go on without them reset the stage: its offsets and its state topic together",
  });
}
