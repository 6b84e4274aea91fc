import type { Bounds } from "../exact.ts";
import type { ObjectPlan } from "../plan.ts";
import { beginScan, createScan, scanRecord } from "../scan.ts";
import { clearRow, type Target } from "../target.ts";
import type { Values } from "../values.ts";
import { learnShape } from "./learn.ts";
import { createShapeReader, type ShapeReader } from "./shape-reader.ts";

/** Reads whole batches: most records by the shape that they share, the others member by member. */
export interface BatchScanner {
  /** Fills the targets; gives the rows that must be read exactly, ascending. */
  read(values: Values, count: number): readonly number[];
}

/** Less is not worth the way into the kernel's memory: some 64 records of 250 bytes, or two of 8,000. */
const FEWEST_BYTES = 16_000;
/** Records that are read member by member before a shape is taken from the last of them that was valid. */
const LEARNED_FROM = 16;
/** After a shape that did not fit, so many batches are read without one, at most. */
const LONGEST_PAUSE = 64;

export function createBatchScanner(plan: ObjectPlan, targets: readonly Target[], bounds: Bounds): BatchScanner {
  const scan = createScan(bounds);
  let shape: ShapeReader | null = null;
  /** Batches to be read without a shape. */
  let pause = 0;
  let nextPause = 1;
  let done = new Uint8Array(0);
  const giveUp = (): void => {
    shape = null;
    pause = nextPause;
    nextPause = Math.min(LONGEST_PAUSE, nextPause * 2);
  };
  const scanRows = (from: number, to: number, left: number[]): number => {
    let lastValid = -1;
    for (let row = from; row < to; row++) {
      if (scanRecord(scan, plan, row)) lastValid = row;
      else left.push(row);
    }
    return lastValid;
  };
  const learn = (count: number, left: number[]): void => {
    const valid = scanRows(0, Math.min(LEARNED_FROM, count), left);
    if (valid >= 0) scanRecord(scan, plan, valid); // once more, so that its members are the ones learned last
    const found = valid < 0 ? null : learnShape(scan, plan, valid);
    if (found === null) giveUp();
    else shape = createShapeReader(found, plan, bounds.maxBytes);
  };
  const readShape = (reader: ShapeReader, values: Values, from: number, count: number, left: number[]): void => {
    if (done.length < count) done = new Uint8Array(count);
    const others = reader.read(values, { from, to: count }, done);
    if (others * 2 > count - from) giveUp();
    else if (count > from) nextPause = 1;
    if (others === 0) return;
    for (let row = from; row < count; row++) {
      if (done[row] === 1) continue;
      for (const target of targets) clearRow(target, row);
      if (!scanRecord(scan, plan, row)) left.push(row);
    }
  };
  return {
    read(values, count) {
      beginScan(scan, plan, values);
      const left: number[] = [];
      const isSmall = bytesOf(values, count) < FEWEST_BYTES;
      if (isSmall || pause > 0) {
        if (!isSmall) pause--;
        scanRows(0, count, left);
        return left;
      }
      const from = shape === null ? Math.min(LEARNED_FROM, count) : 0;
      if (shape === null) learn(count, left);
      if (shape === null) scanRows(from, count, left);
      else readShape(shape, values, from, count, left);
      return left;
    },
  };
}

/** From the first record to the last, what lies between them included. */
function bytesOf({ at, length }: Values, count: number): number {
  return count === 0 ? 0 : at[count - 1]! + Math.max(0, length[count - 1]!) - at[0]!; // there is one at least
}
