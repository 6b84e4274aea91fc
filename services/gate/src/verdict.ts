import type { SystemRecord } from "@weir/stream";
import { windowTime, type WindowJudgement } from "@weir/rules";
import type { LaneState, OpenWindow } from "./lane-state.ts";
import type { GateSettings } from "./settings.ts";

export type ClosedBy = "log" | "marker" | "endOfInput";

/** `<stage>/<kind>/<window id>`: the header `weir.window`. */
export function windowName(settings: GateSettings, window: OpenWindow): string {
  return `${settings.stage}/${settings.kind}/${window.id}`;
}

/** Unique: a batch id may come again later, then the first offset tells the two apart. */
export function verdictId(settings: GateSettings, state: LaneState, window: OpenWindow): string {
  const name = `${windowName(settings, window)}/${state.lane.partition}`;
  return settings.kind === "batch" ? `${name}/${window.first}` : name;
}

/** What is written of a judged window. Nothing in it depends on the clock or on how the log was read. */
export function verdictRecord(
  settings: GateSettings,
  state: LaneState,
  window: OpenWindow,
  judgement: WindowJudgement,
  closedBy: ClosedBy,
): SystemRecord {
  const id = verdictId(settings, state, window);
  const { verdict, rules, broken, outcome } = judgement;
  const value = {
    v: 1,
    id,
    pipeline: settings.pipeline,
    stage: settings.stage,
    window: {
      kind: settings.kind,
      id: window.id,
      ...(window.start !== null && { start: windowTime(window.start), end: windowTime(window.end) }),
      ...(window.merged.length > 0 && { merged: window.merged.map((w) => w.id) }),
    },
    partitions: [{ partition: state.lane.partition, first: window.first, last: window.last, count: window.count }],
    n: window.tally.records,
    verdict,
    quarantined: settings.hold && outcome === "quarantine",
    held: settings.hold,
    rules,
    ...(broken.length > 0 && { broken }),
    ruleSet: window.ruleSet.digest,
    spec: settings.spec,
    closedBy,
  };
  return { key: id, value: JSON.stringify(value) };
}
