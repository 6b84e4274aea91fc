import type { SystemRecord } from "@weir/stream";
import { windowTime, type WindowJudgement } from "@weir/rules";
import type { SharedJudgement } from "./global/judge.ts";
import type { Share } from "./global/heard.ts";
import type { ToldKeys } from "./keyed/judge-keys.ts";
import type { LaneState, OpenWindow } from "./lane-state.ts";
import type { GateSettings } from "./settings.ts";

export type ClosedBy = "log" | "marker" | "endOfInput";

/** `<stage>/<kind>/<window id>`: the header `weir.window`. */
export function windowName(settings: GateSettings, id: string): string {
  return `${settings.stage}/${settings.kind}/${id}`;
}

/** Unique: a batch id may come again later, then the first offset tells the two apart. */
export function verdictId(settings: GateSettings, state: LaneState, window: OpenWindow): string {
  const name = `${windowName(settings, window.id)}/${state.lane.partition}`;
  return settings.kind === "batch" ? `${name}/${window.first}` : name;
}

/** What is written of a window that one partition judged. */
export function verdictRecord(
  settings: GateSettings,
  state: LaneState,
  window: OpenWindow,
  judgement: WindowJudgement,
  closedBy: ClosedBy,
  keys?: Told["keys"],
): SystemRecord {
  const { id, start, end, first, last, count, tally, merged, ruleSet } = window;
  return record(settings, {
    id: verdictId(settings, state, window),
    window: {
      id,
      ...(start !== null && { start: windowTime(start), end: windowTime(end) }),
      ...(merged.length > 0 && { merged: merged.map((w) => w.id) }),
    },
    partitions: [{ partition: state.lane.partition, first, last, count }],
    n: tally.records,
    judgement,
    ruleSets: [ruleSet.digest],
    closedBy,
    ...(keys && { keys }),
  });
}

/** What is written of a window that was judged over all partitions. */
export function sharedVerdictRecord(
  settings: GateSettings,
  window: { readonly id: string; readonly start: number; readonly end: number; readonly shares: readonly Share[] },
  { judgement, records, ruleSets }: SharedJudgement,
  closedBy: ClosedBy,
): SystemRecord {
  const { id, start, end, shares } = window;
  return record(settings, {
    id: windowName(settings, id),
    window: { id, start: windowTime(start), end: windowTime(end) },
    partitions: shares.map(({ partition, partial: { first, last, count } }) => ({ partition, first, last, count })),
    n: records,
    judgement,
    ruleSets,
    closedBy,
  });
}

interface Told {
  readonly id: string;
  readonly window: Readonly<Record<string, unknown>>;
  readonly partitions: readonly { readonly partition: number; readonly first: number; readonly last: number; readonly count: number }[];
  readonly n: number;
  readonly judgement: WindowJudgement;
  readonly ruleSets: readonly string[];
  readonly closedBy: ClosedBy;
  /** Where the window was judged key by key. */
  readonly keys?: ToldKeys & { readonly by: string };
}

/** Nothing in it depends on the clock or on how the log was read. */
function record(settings: GateSettings, { id, window, partitions, n, judgement, ruleSets, closedBy, keys }: Told): SystemRecord {
  const { verdict, rules, broken, outcome } = judgement;
  const value = {
    v: 1,
    id,
    pipeline: settings.pipeline,
    stage: settings.stage,
    window: { kind: settings.kind, ...window },
    partitions,
    n,
    verdict,
    quarantined: settings.hold && outcome === "quarantine",
    held: settings.hold,
    rules,
    ...(broken.length > 0 && { broken }),
    ...(keys && { keys }),
    ruleSet: ruleSets[0],
    ...(ruleSets.length > 1 && { ruleSets }),
    spec: settings.spec,
    closedBy,
  };
  return { key: id, value: JSON.stringify(value) };
}
