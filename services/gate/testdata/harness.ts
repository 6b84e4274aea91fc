import { batchOf, headerText, type Batch, type Header, type Lane, type PlainRecord } from "@weir/record";
import type { Decided, RestoredState, Stage } from "@weir/stream";

export const LANE: Lane = { topic: "in", partition: 0 };
const encoder = new TextEncoder();

/** One record as a test writes it. */
export interface TestRecord {
  readonly offset: number;
  readonly value: string;
  readonly timestamp?: number;
  readonly headers?: readonly Header[];
}

export function batchFrom(records: readonly TestRecord[]): Batch {
  return batchOf(LANE, records.map((r): Partial<PlainRecord> => ({ offset: r.offset, value: encoder.encode(r.value), timestamp: r.timestamp ?? 0, headers: r.headers ?? [] })));
}

/** What left a stage, as a reader of its topics would see it: port by port, in order. */
export interface Seen {
  readonly ports: Record<string, string[]>;
  readonly verdicts: string[];
}

export function emptySeen(): Seen {
  return { ports: { pass: [], quarantine: [], dlq: [] }, verdicts: [] };
}

/** Adds decisions to what was seen: offset, headers, failure. */
export function see(seen: Seen, stage: Stage, decided: readonly Decided[]): void {
  for (const d of decided) {
    for (let i = 0; i < d.rows.length; i++) {
      const headers: Header[] = [];
      for (const h of d.headers ?? []) if (h.length[i]! >= 0) headers.push({ key: h.name, value: h.bytes.subarray(h.at[i]!, h.at[i]! + h.length[i]!) });
      const shown = headers.map((h) => `${h.key}=${headerText([h], h.key)}`).join(" ");
      const failure = d.failures?.get(i);
      const why = failure ? ` ${failure.class} ${failure.message} [${failure.rules ?? ""}] ${failure.verdict ?? ""}` : "";
      seen.ports[stage.ports[d.ports[i]!]!.name]!.push(`${d.batch.offset[d.rows[i]!]} ${shown}${why}`);
    }
    for (const v of d.verdicts ?? []) seen.verdicts.push(`${v.key} ${v.value}`);
  }
}

/** A state topic: newest value by key. */
export function applyChanges(state: Map<string, string>, stage: Stage): RestoredState {
  for (const { key, value } of stage.snapshot()) {
    if (value === null) state.delete(key);
    else state.set(key, value);
  }
  return state;
}

export function header(key: string, value: string): Header {
  return { key, value: encoder.encode(value) };
}


/** A gate decides without waiting for anything. */
export function decide(stage: Stage, records: readonly TestRecord[]): readonly Decided[] {
  const decided = stage.process([batchFrom(records)]);
  if (decided instanceof Promise) throw new Error("a gate decides at once");
  return decided;
}
