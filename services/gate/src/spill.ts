import { WeirError, type Batch } from "@weir/record";
import type { Refusal } from "@weir/rules";
import { heldRecords, heldWindows, type LaneState, type OpenWindow, type Segment } from "./lane-state.ts";
import type { GateSettings } from "./settings.ts";

/** Held rows whose bytes were given up: the log is the buffer, and they are read again when they are let go. */
export interface Spilled {
  /** Ascending. */
  readonly offsets: Float64Array;
  /** By position in `offsets`. */
  readonly refused: ReadonlyMap<number, Refusal>;
  readonly tags: ReadonlyMap<number, readonly string[]>;
}

/**
 * Keeps what is held within bounds: past `maxHeldBytes` the widest windows give up the bytes of their records, until half
 * of it is free.
 */
export function boundHeld(settings: GateSettings, states: readonly LaneState[]): void {
  const all = states.flatMap(heldWindows);
  let bytes = 0;
  let records = 0;
  for (const window of all) {
    bytes += window.heldBytes;
    records += heldRecords(window);
  }
  if (records > settings.maxHeldRecords) throw tooMany(settings, all, records);
  if (bytes <= settings.maxHeldBytes) return;
  for (const window of all.sort((a, b) => b.heldBytes - a.heldBytes)) {
    if (bytes <= settings.maxHeldBytes / 2) return;
    bytes -= window.heldBytes;
    spill(window);
  }
}

/** Gives up the bytes of everything that the window holds. */
export function spill(window: OpenWindow): void {
  window.spilled.push(...window.segments.splice(0).map(spilledOf));
  window.heldBytes = 0;
}

function spilledOf({ batch, judgement, rows, count }: Segment): Spilled {
  const offsets = new Float64Array(count);
  const refused = new Map<number, Refusal>();
  const tags = new Map<number, readonly string[]>();
  for (let i = 0; i < count; i++) {
    const row = rows[i]!; // i < count, here and below
    offsets[i] = batch.offset[row]!;
    const refusal = judgement.refused.get(row);
    if (refusal) refused.set(i, refusal);
    const broken = judgement.tags.get(row);
    if (broken) tags.set(i, broken);
  }
  return { offsets, refused, tags };
}

/** In offset order. */
export function mergeSpilled(parts: readonly Spilled[]): Spilled {
  const rows = parts.flatMap(({ offsets, refused, tags }) =>
    Array.from(offsets, (offset, i) => ({ offset, refusal: refused.get(i), broken: tags.get(i) })),
  );
  rows.sort((a, b) => a.offset - b.offset);
  return {
    offsets: Float64Array.from(rows, (row) => row.offset),
    refused: new Map(rows.flatMap(({ refusal }, i) => (refusal ? [[i, refusal] as const] : []))),
    tags: new Map(rows.flatMap(({ broken }, i) => (broken ? [[i, broken] as const] : []))),
  };
}

/** The rows of the batch that are among the spilled ones, from position `from` on. */
export function foundAgain(
  { offsets, refused, tags }: Spilled,
  batch: Batch,
  from: number,
): { readonly segment: Segment; readonly next: number } {
  const rows = new Int32Array(Math.min(batch.count, offsets.length - from));
  const judgement = { refused: new Map<number, Refusal>(), tags: new Map<number, readonly string[]>() };
  let [count, at] = [0, from];
  for (let row = 0; row < batch.count && at < offsets.length; row++) {
    if (batch.offset[row]! < offsets[at]!) continue; // within both
    if (batch.offset[row]! > offsets[at]!) break; // it is gone
    rows[count++] = row;
    const refusal = refused.get(at);
    if (refusal) judgement.refused.set(row, refusal);
    const broken = tags.get(at);
    if (broken) judgement.tags.set(row, broken);
    at++;
  }
  return { segment: { batch, judgement, rows, count }, next: at };
}

function tooMany(settings: GateSettings, windows: readonly OpenWindow[], records: number): WeirError {
  const widest = windows.reduce((a, b) => (a.count >= b.count ? a : b));
  return new WeirError({
    code: "WEIR-2304",
    what: `the gate holds ${records} records, at most ${settings.maxHeldRecords} can be`,
    where: `stage ${settings.stage}; the largest open window is ${settings.kind}/${widest.id} with ${widest.count} records`,
    why: "nothing of a held window goes on until it is judged",
    fix: "make the windows smaller, or set hold: false to only observe",
  });
}
