import type { Lane } from "@weir/record";
import { addTally, judgeWindow, openTally, worstOf, type Persistence, type RuleSet, type WindowJudgement } from "@weir/rules";
import type { Decided, RestoredState, StateChange } from "@weir/stream";
import { settleAlerts } from "../alerts.ts";
import { condemnation } from "../condemnation.ts";
import { verdictsAlone } from "../release.ts";
import type { GateSettings } from "../settings.ts";
import { sharedVerdictRecord, type ClosedBy } from "../verdict.ts";
import type { Heard, Share } from "./heard.ts";
import { alertsKey, FOREVER, judgedKey, verdictKey, type Progress, type SharedVerdict } from "./notes.ts";

/** Judges the windows of one topic over all its partitions. The owner of partition 0 has it. */
export interface Judge {
  /** Verdicts on windows that every partition has closed, in order of their ends. */
  judge(): Decided[];
  /** State that goes with the verdicts since the last call. */
  changes(): StateChange[];
}

export interface JudgeSetup {
  readonly settings: GateSettings;
  /** Partition 0. */
  readonly lane: Lane;
  readonly heard: Heard;
  readonly ruleSetOf: (digest: string) => RuleSet;
  /** State of the lane as it was committed. */
  readonly restored: RestoredState;
}

interface SharedWindow {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly shares: readonly Share[];
}

export function createJudge({ settings, lane, heard, ruleSetOf, restored }: JudgeSetup): Judge {
  const { topic } = lane;
  let judgedUpTo = Number(restored.get(judgedKey(topic)) ?? -Infinity);
  const outstanding = restoredVerdicts(topic, restored);
  const alerts = restoredAlerts(restored.get(alertsKey(topic)));
  let changes: StateChange[] = [];
  const change = (key: string, value: unknown): void =>
    void changes.push({ lane, key, value: value === null ? null : JSON.stringify(value) });

  const judgeOne = (window: SharedWindow, log: number): Decided => {
    const closedBy = log >= window.end ? "log" : closedOtherwise(window.shares);
    const shares = judgeShares(window, ruleSetOf, alerts);
    const newest = ruleSetOf(shares.ruleSets[shares.ruleSets.length - 1]!); // a window has a share
    const judged = { ...shares, judgement: settleAlerts({ alerts }, shares.judgement, { ruleSet: newest, start: window.start }) };
    if (alerts.size > 0 || restored.has(alertsKey(topic))) change(alertsKey(topic), Object.fromEntries(alerts));
    const record = sharedVerdictRecord(settings, window, judged, closedBy);
    const condemned =
      settings.hold && judged.judgement.outcome === "quarantine" ? condemnation(settings, window.id, record.key, judged.judgement) : null;
    const last = Object.fromEntries(window.shares.map(({ partition, partial }) => [partition, partial.last]));
    const verdict: SharedVerdict = { v: 1, id: window.id, end: window.end, tags: judged.judgement.tags, condemned, last };
    judgedUpTo = window.end;
    outstanding.set(window.id, verdict);
    change(verdictKey(topic, window.id), verdict);
    change(judgedKey(topic), judgedUpTo);
    const { verdict: outcome, rules } = judged.judgement;
    return verdictsAlone(lane, [record], () =>
      settings.onJudged({ verdict: outcome, fate: condemned === null ? "passed" : "quarantined", rules }),
    );
  };
  return {
    judge: () => {
      const all = Array.from({ length: heard.partitions }, (_, partition) => heard.progress(topic, partition));
      const closed = closedEverywhere(all, settings);
      const log = Math.max(-Infinity, ...all.map((p) => p?.byLog ?? -Infinity));
      const windows = windowsOf(heard.shares(topic)).filter((w) => w.end > judgedUpTo && w.end <= closed);
      const decided = windows.sort((a, b) => a.end - b.end).map((window) => judgeOne(window, log));
      for (const verdict of outstanding.values()) {
        if (!isReleased(verdict, topic, heard)) continue;
        outstanding.delete(verdict.id);
        change(verdictKey(topic, verdict.id), null);
      }
      return decided;
    },
    changes: () => {
      const taken = changes;
      changes = [];
      return taken;
    },
  };
}

/**
 * Event time up to which no partition can add to a window any more. Silent ones are not waited for; where all are silent
 * and none has ended, the windows are closed only if the pipeline says so.
 */
function closedEverywhere(all: readonly (Progress | null)[], { closesIdle }: GateSettings): number {
  const waitedFor = all.filter((p) => p?.silent !== true || p.closed === FOREVER);
  if (waitedFor.length === 0) return closesIdle && all.length > 0 ? FOREVER : -Infinity;
  return Math.min(...waitedFor.map((p) => p?.closed ?? -Infinity));
}

function windowsOf(shares: readonly Share[]): SharedWindow[] {
  const byId = new Map<string, Share[]>();
  for (const share of shares) byId.set(share.partial.id, [...(byId.get(share.partial.id) ?? []), share]);
  return [...byId].map(([id, of]) => {
    const { start, end } = of[0]!.partial; // a window has a share
    return { id, start, end, shares: of.sort((a, b) => a.partition - b.partition) };
  });
}

/** Everything that is known of a window over all partitions. */
export interface SharedJudgement {
  readonly judgement: WindowJudgement;
  readonly records: number;
  /** More than one where partitions opened the window under different rule sets. */
  readonly ruleSets: readonly string[];
}

/** Sums by rule set, merged in the order of partitions; of several rule sets (a deployment within the window) the worst verdict counts. */
function judgeShares(
  { shares, start }: SharedWindow,
  ruleSetOf: (digest: string) => RuleSet,
  remembered: ReadonlyMap<string, Persistence>,
): SharedJudgement {
  const digests = [...new Set(shares.map(({ partial }) => partial.rules))];
  const judged = digests.map((digest) => {
    const ruleSet = ruleSetOf(digest);
    const [first, ...others] = shares
      .filter(({ partial }) => partial.rules === digest)
      .map(({ partial }) => openTally(ruleSet, partial.tally));
    const tally = first!; // a digest comes from a share
    for (const other of others) addTally(ruleSet, tally, other);
    return { judgement: judgeWindow(ruleSet, tally, { start, remembered }), records: tally.records };
  });
  return {
    judgement: judged.map((j) => j.judgement).reduce(worstOf),
    records: judged.reduce((n, j) => n + j.records, 0),
    ruleSets: digests,
  };
}

function closedOtherwise(shares: readonly Share[]): ClosedBy {
  return shares.some(({ partial }) => partial.closedBy === "marker") ? "marker" : "endOfInput";
}

/** `closed` tells that the partition has got past the window, so that `released` is not from before it was opened. */
function isReleased(verdict: SharedVerdict, topic: string, heard: Heard): boolean {
  return Object.keys(verdict.last).every((partition) => {
    const progress = heard.progress(topic, Number(partition));
    return progress !== null && progress.released >= verdict.end && (progress.closed ?? -Infinity) >= verdict.end;
  });
}

function restoredAlerts(text: string | undefined): Map<string, Persistence> {
  const saved: Readonly<Record<string, Persistence>> = text === undefined ? {} : JSON.parse(text);
  return new Map(Object.entries(saved));
}

function restoredVerdicts(topic: string, restored: RestoredState): Map<string, SharedVerdict> {
  const verdicts = new Map<string, SharedVerdict>();
  for (const [key, value] of restored) {
    if (!key.startsWith(verdictKey(topic, ""))) continue;
    const verdict: SharedVerdict = JSON.parse(value);
    verdicts.set(verdict.id, verdict);
  }
  return verdicts;
}
