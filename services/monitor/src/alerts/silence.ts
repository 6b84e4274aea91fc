import type { Pipeline, Topology } from "@weir/pipeline";
import { parsed } from "./stops.ts";

/** A rule `silence`: so long may nothing come to its gate. */
export interface SilenceRule {
  readonly stage: string;
  readonly rule: string;
  readonly owner: string;
  readonly gapMs: number;
  /** Are owners told? A rule that observes is only counted. */
  readonly alerts: boolean;
  /** Topics that the gate reads. */
  readonly inputs: readonly string[];
}

export function silenceRulesOf({ stages }: Pipeline, topology: Topology): readonly SilenceRule[] {
  return topology.stages.flatMap(({ id, inputs }) => {
    const spec = stages.get(id);
    if (spec?.type !== "gate") return [];
    return spec.rules.flatMap((rule): SilenceRule[] =>
      rule.kind !== "silence" || rule.mode === "off"
        ? []
        : [{ stage: id, rule: rule.id, owner: rule.owner ?? spec.owner, gapMs: rule.gap, alerts: rule.mode !== "observe", inputs }],
    );
  });
}

/** A silence as its owner was told of it, and as it stands. */
export interface Silence {
  /** When records last came, or since when somebody has looked; in milliseconds since 1970. */
  readonly since: number;
  /** Sum of the ends of the gate's inputs: it is over when this has grown. */
  readonly ends: number;
}

export type SilenceChange = "raised" | "cleared";

/** What is known of one rule. Pure: clock and log are its arguments. */
export interface SilenceState {
  /** Sum of the ends, at the last look; null before the first. */
  readonly ends: number | null;
  /** When records last came; the first look where none have since. */
  readonly cameAt: number;
  readonly standing: Silence | null;
}

/** Before the first look: what owners were told before this process began. */
export function silenceFrom(standing: Silence | null): SilenceState {
  return { ends: standing?.ends ?? null, cameAt: standing?.since ?? 0, standing };
}

/** A look at the clock and at how far the inputs go. Raised once a silence, cleared when records come again. */
export function lookForSilence(
  { ends, cameAt, standing }: SilenceState,
  gapMs: number,
  now: { readonly at: number; readonly ends: number },
): { readonly state: SilenceState; readonly change: SilenceChange | null } {
  const came = ends === null || now.ends !== ends;
  const last = came ? now.at : cameAt;
  const next = { ends: now.ends, cameAt: last };
  if (standing !== null)
    return came ? { state: { ...next, standing: null }, change: "cleared" } : { state: { ...next, standing }, change: null };
  if (now.at - last <= gapMs) return { state: { ...next, standing }, change: null };
  return { state: { ...next, standing: { since: last, ends: now.ends } }, change: "raised" };
}

/** An event of the alerts topic, keyed so that raised and cleared meet. */
export function silenceAlert(
  pipeline: string,
  { stage, rule, owner, gapMs }: SilenceRule,
  change: SilenceChange,
  silence: Silence,
  now: number,
): { readonly key: string; readonly value: string } {
  const last = new Date(silence.since).toISOString();
  const value = {
    v: 1,
    kind: "alert",
    alertname: ALERT,
    state: change === "raised" ? "firing" : "resolved",
    severity: "warning",
    pipeline,
    stage,
    rule,
    owner,
    gap: gapMs,
    since: silence.since,
    ends: silence.ends,
    summary:
      change === "raised"
        ? `no record has come to ${stage} since ${last}, allowed: ${gapMs / 1000} s (rule ${rule})`
        : `records come to ${stage} again, after none since ${last} (rule ${rule})`,
    at: new Date(now).toISOString(),
  };
  return { key: alertKey(pipeline, { stage, rule }), value: JSON.stringify(value) };
}

const ALERT = "SourceSilent";

export function alertKey(pipeline: string, { stage, rule }: Pick<SilenceRule, "stage" | "rule">): string {
  return `${ALERT}/${pipeline}/${stage}/${rule}`;
}

/** What a record of the alerts topic says of a silence: it stands, it is over (`null`), or nothing. */
export function parseSilence(text: string): { readonly key: string; readonly silence: Silence | null } | null {
  const value = parsed(text);
  if (value?.["alertname"] !== ALERT) return null;
  const { pipeline, stage, rule, state, since, ends } = value;
  if (typeof pipeline !== "string" || typeof stage !== "string" || typeof rule !== "string") return null;
  const key = alertKey(pipeline, { stage, rule });
  if (state !== "firing") return { key, silence: null };
  return typeof since === "number" && typeof ends === "number" ? { key, silence: { since, ends } } : null;
}
