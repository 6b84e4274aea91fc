import type { BatchView } from "../check.ts";
import type { Alarm, DetectorMemory, DetectorRule } from "./detector-rule.ts";

export interface RaisedAlarm extends Alarm {
  readonly rule: DetectorRule;
}

/** The detectors of one lane: every record is taken in once, in the order of the log, however it is fetched. */
export interface LaneDetectors {
  /** Rows of a batch that were never taken in before. */
  take(rows: {
    readonly view: BatchView;
    readonly counted: Uint8Array;
    readonly first: number;
    readonly end: number;
  }): readonly RaisedAlarm[];
  /** Keeps this moment: what it answers takes the detectors back there. */
  mark(): () => void;
  /** What to write with the transaction that commits the position `next`; null if that was written last. */
  changed(next: number): string | null;
}

interface Saved {
  readonly v: 1;
  /** First offset never taken in. */
  readonly next: number;
  readonly rules: Readonly<Record<string, { readonly settings: string; readonly memory: string }>>;
}

/** The detectors as they were saved, and the first offset that they have not seen. Rules whose settings changed start anew. */
export function restoreDetectors(
  rules: readonly DetectorRule[],
  text: string | null,
): { readonly detectors: LaneDetectors; readonly next: number } {
  const saved: Saved | null = text === null ? null : JSON.parse(text);
  const kept: readonly { readonly rule: DetectorRule; memory: DetectorMemory }[] = rules.map((rule) => {
    const before = saved?.rules[rule.id];
    return { rule, memory: rule.remember(before?.settings === rule.settings ? before.memory : null) };
  });
  let written = text;
  const detectors: LaneDetectors = {
    take: (rows) => kept.flatMap(({ rule, memory }) => memory.take(rows).map((alarm) => ({ ...alarm, rule }))),
    mark: () => {
      const then = kept.map(({ memory }) => memory.saved());
      return () => kept.forEach((one, i) => (one.memory = one.rule.remember(then[i]!))); // parallel
    },
    changed: (next) => {
      const memories = kept.map(({ rule, memory }) => [rule.id, { settings: rule.settings, memory: memory.saved() }] as const);
      const now: Saved = { v: 1, next, rules: Object.fromEntries(memories) };
      const value = JSON.stringify(now);
      if (value === written) return null;
      written = value;
      return value;
    },
  };
  return { detectors, next: saved?.next ?? 0 };
}
