import type { Lane } from "@weir/record";
import type { Persistence, RuleSet } from "@weir/rules";
import type { Decided, RestoredState, StateChange } from "@weir/stream";
import { settleAlerts } from "../alerts.ts";
import { condemnation } from "../condemnation.ts";
import { verdictsAlone } from "../release.ts";
import type { GateSettings } from "../settings.ts";
import { sharedVerdictRecord, type ClosedBy } from "../verdict.ts";
import { duePolicy } from "./due-policy.ts";
import type { Heard } from "./heard.ts";
import { judgeShares, type SharedWindow } from "./judge-shares.ts";
import { alertsKey, judgedKey, verdictKey, type SharedVerdict } from "./notes.ts";

/** Judges the windows of one topic over all its partitions. The owner of partition 0 has it. */
export interface Judge {
  /** Verdicts on windows that are over in all partitions, in their order. */
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

export function createJudge({ settings, lane, heard, ruleSetOf, restored }: JudgeSetup): Judge {
  const { topic } = lane;
  const policy = duePolicy(settings);
  let judgedUpTo = Number(restored.get(judgedKey(topic)) ?? -Infinity);
  const outstanding = restoredVerdicts(topic, restored);
  const alerts = restoredAlerts(restored.get(alertsKey(topic)));
  let changes: StateChange[] = [];
  const change = (key: string, value: unknown): void =>
    void changes.push({ lane, key, value: value === null ? null : JSON.stringify(value) });

  const judgeOne = (window: SharedWindow, closedBy: ClosedBy): Decided => {
    const shares = judgeShares(window, ruleSetOf, alerts);
    const newest = ruleSetOf(shares.ruleSets[shares.ruleSets.length - 1]!); // a window has a share
    const judged = { ...shares, judgement: settleAlerts({ alerts }, shares.judgement, { ruleSet: newest, start: window.start }) };
    if (alerts.size > 0 || restored.has(alertsKey(topic))) change(alertsKey(topic), Object.fromEntries(alerts));
    const record = sharedVerdictRecord(settings, window, judged, closedBy);
    const condemned =
      settings.hold && judged.judgement.outcome === "quarantine" ? condemnation(settings, window.id, record.key, judged.judgement) : null;
    const { tags, stop } = judged.judgement;
    const last = Object.fromEntries(window.shares.map(({ partition, partial }) => [partition, partial.last]));
    const verdict: SharedVerdict = {
      v: 1,
      id: window.id,
      end: window.end,
      tags,
      condemned,
      last,
      ...(stop && { stop: { cause: stop, verdict: record.key } }),
    };
    outstanding.set(window.id, verdict);
    change(verdictKey(topic, window.id), verdict);
    if (window.end !== null) change(judgedKey(topic), (judgedUpTo = window.end));
    const { verdict: outcome, rules } = judged.judgement;
    return verdictsAlone(lane, [record], () =>
      settings.onJudged({ verdict: outcome, fate: condemned === null ? "passed" : "quarantined", rules }),
    );
  };
  return {
    judge: () => {
      const due = policy.due({ topic, heard, judgedUpTo, isOutstanding: (id) => outstanding.has(id) });
      const decided = due.map(({ window, closedBy }) => judgeOne(window, closedBy));
      for (const verdict of outstanding.values()) {
        if (!policy.isReleased(verdict, topic, heard)) continue;
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
