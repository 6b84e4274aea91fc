import { headerText, laneKey, ownHeaders, type Lane } from "@weir/record";
import type { BatchView } from "../check.ts";
import { BROKEN, FINE, MISSING } from "../row-code.ts";
import type { UniqueSpec } from "../spec.ts";
import { createKeyMemory, type KeyMemory } from "./key-memory.ts";
import type { KeyReader } from "./key-reader.ts";
import { createSavedKeys, restoreKeys, type SavedChange } from "./saved-keys.ts";

/** What rules `unique` say of a batch: they look at earlier records too, so it is found out once, in the order of the log. */
export interface Repeats {
  readonly codes: Uint8Array;
  /** By row that repeats a key: offset of the record that had it first. */
  readonly earlier: ReadonlyMap<number, number>;
}

/** What has to be remembered for a rule set. */
export interface KeyRule {
  /** Rules of the same name share what is remembered: the pointer of the field, empty for the record's id. */
  readonly name: string;
  readonly reader: KeyReader;
  readonly horizonMs: number;
  readonly maxKeys: number;
}

/** Keys of one lane, for all its rules `unique`. */
export interface LaneKeys {
  /** By name of the rule. To be called once for every batch of the lane, in the order of the log. */
  judge(view: BatchView): ReadonlyMap<string, Repeats>;
  /** What to write with the transaction that commits the position. */
  changes(position: number): SavedChange[];
}

const DEFAULT_HORIZON_MS = 86_400_000;
const DEFAULT_MAX_KEYS = 1_000_000;

export function keyRule(spec: UniqueSpec, reader: KeyReader): KeyRule {
  return { name: spec.field ?? "", reader, horizonMs: spec.horizon ?? DEFAULT_HORIZON_MS, maxKeys: spec.maxKeys ?? DEFAULT_MAX_KEYS };
}

/** The lane's keys as they were before the record at `from`, the committed position. */
export function restoreLaneKeys(rules: readonly KeyRule[], lane: Lane, state: ReadonlyMap<string, string>, from: number): LaneKeys {
  const own = `unique/${laneKey(lane)}`;
  const kept = rules.map((rule) => {
    const prefix = own + rule.name;
    const restored = restoreKeys(state, prefix, from);
    const memory = createKeyMemory({ ...rule, ...restored });
    return { rule, prefix, memory, saved: createSavedKeys({ prefix, memory, maxKeys: rule.maxKeys, restored }) };
  });
  // Of rules that are gone. Behind the name of a lane stands a pointer or the number of a chunk.
  let orphans = [...state.keys()].filter(
    (key) => (key.startsWith(`${own}/`) || key.startsWith(`${own}@`)) && !kept.some(({ prefix }) => key.replace(/@\d+$/, "") === prefix),
  );
  return {
    judge: (view) => new Map(kept.map(({ rule, memory }) => [rule.name, repeatsOf(rule, memory, view)])),
    changes: (position) => {
      const changes = [...orphans.map((key) => ({ key, value: null })), ...kept.flatMap(({ saved }) => saved.changes(position))];
      orphans = [];
      return changes;
    },
  };
}

/** Records that failed their contract are not looked at: the same id may come again, mended. */
function repeatsOf({ reader }: KeyRule, memory: KeyMemory, view: BatchView): Repeats {
  const { batch, read } = view;
  const keyOf = reader.keysOf(view);
  const codes = new Uint8Array(batch.count).fill(FINE);
  const earlier = new Map<number, number>();
  for (let row = 0; row < batch.count; row++) {
    if (read.failures.size > 0 && read.failures.has(row)) continue;
    const key = keyOf(row);
    if (key === null) {
      codes[row] = MISSING;
      continue;
    }
    const offset = memory.see(key, batch.offset[row]!, batch.timestamp[row]!); // row < count
    if (offset < 0 || isReplayed(view, row)) continue;
    codes[row] = BROKEN;
    earlier.set(row, offset);
  }
  return { codes, earlier };
}

/** Whoever sends a refused record again means it. */
function isReplayed({ batch }: BatchView, row: number): boolean {
  return headerText(ownHeaders(batch, row), "weir.replay.id") !== null;
}
