import type { SystemRecord } from "@weir/stream";
import { windowTime, type WindowJudgement } from "@weir/rules";
import type { SharedJudgement, SharedWindow } from "./global/judge-shares.ts";
import type { ToldKeys } from "./keyed/judge-keys.ts";
import type { BreakerChange } from "./breaker.ts";
import type { Reach } from "./closed-panes.ts";
import type { LaneState, OpenWindow } from "./lane-state.ts";
import type { GateSettings } from "./settings.ts";
import type { OffsetSpan } from "./taint.ts";

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

/** How one partition judged a window. */
interface JudgedAlone {
  readonly judgement: WindowJudgement;
  readonly by: ClosedBy;
  readonly quarantined: boolean;
  readonly breaker?: BreakerChange | null;
  /** Where the window slides: what was judged with its last pane. */
  readonly reach?: Reach | null;
  /** Records that went on and would not have, had it been known. */
  readonly taint?: OffsetSpan | null;
  readonly keys?: Told["keys"];
}

/** What is written of a window that one partition judged. */
export function verdictRecord(settings: GateSettings, state: LaneState, window: OpenWindow, judged: JudgedAlone): SystemRecord {
  const { judgement, by, quarantined, breaker = null, reach = null, taint = null, keys } = judged;
  const { partition } = state.lane;
  const { id, start, end, first, last, count, tally, merged, ruleSet } = window;
  return record(settings, {
    id: verdictId(settings, state, window),
    window: {
      id,
      ...(start !== null && { start: windowTime(reach?.start ?? start), end: windowTime(end) }),
      ...(reach && start !== null && { panes: reach.panes, pane: { start: windowTime(start), first, last, count } }),
      ...(merged.length > 0 && { merged: merged.map((w) => w.id) }),
    },
    partitions: [{ partition, ...(reach?.span ?? { first, last, count }) }],
    n: (reach?.tally ?? tally).records,
    judgement,
    quarantined,
    ruleSets: [ruleSet.digest],
    closedBy: by,
    ...(breaker !== null && { breaker }),
    ...(taint !== null && { taint: [{ partition, ...taint }] }),
    ...(keys && { keys }),
  });
}

/** Of a window over all partitions; the id of a batch may come again, then where it began in the first of them tells the two apart. */
export function sharedVerdictId(settings: GateSettings, { id, shares }: SharedWindow): string {
  const [first] = shares;
  const name = windowName(settings, id);
  return settings.kind === "batch" && first ? `${name}/${first.partition}-${first.partial.first}` : name;
}

/** What is written of a window that was judged over all partitions. */
export function sharedVerdictRecord(
  settings: GateSettings,
  window: SharedWindow,
  { judgement, records, ruleSets }: SharedJudgement,
  closedBy: ClosedBy,
): SystemRecord {
  const { id, start, end, shares } = window;
  return record(settings, {
    id: sharedVerdictId(settings, window),
    window: { id, ...(start !== null && end !== null && { start: windowTime(start), end: windowTime(end) }) },
    partitions: shares.map(({ partition, partial: { first, last, count } }) => ({ partition, first, last, count })),
    n: records,
    judgement,
    quarantined: settings.hold && judgement.outcome === "quarantine",
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
  readonly quarantined: boolean;
  readonly ruleSets: readonly string[];
  readonly closedBy: ClosedBy;
  readonly breaker?: BreakerChange;
  /** By partition. */
  readonly taint?: readonly (OffsetSpan & { readonly partition: number })[];
  /** Where the window was judged key by key. */
  readonly keys?: ToldKeys & { readonly by: string };
}

/** Nothing in it depends on the clock or on how the log was read. */
function record(settings: GateSettings, told: Told): SystemRecord {
  const { id, window, partitions, n, judgement, quarantined, ruleSets, closedBy, breaker, taint, keys } = told;
  const { verdict, rules, broken } = judgement;
  const value = {
    v: 1,
    id,
    pipeline: settings.pipeline,
    stage: settings.stage,
    window: { kind: settings.kind, ...window },
    partitions,
    n,
    verdict,
    quarantined,
    held: settings.hold,
    ...(breaker && { breaker }),
    ...(taint && { taint }),
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
