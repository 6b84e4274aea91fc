import type { LetterGroup, ReplayPlan, RunStatus } from "@weir/deadletter";
import { table } from "../output.ts";

/** A plan for a person: what, where to, what would become of it. */
export function planLines(plan: ReplayPlan, estimateMs: number): string[] {
  const lines = [
    `${plan.records.toLocaleString("en-US")} records of ${plan.topic}, about ${Math.ceil(estimateMs / 1000)} s`,
    ...table(["partition", "records", "first", "last"], plan.partitions.map((p) => [String(p.partition), p.count, p.ranges[0]?.first ?? 0, p.ranges[p.ranges.length - 1]?.last ?? 0])), // prettier-ignore
    ...Object.entries(plan.targets).map(([topic, n]) => `to ${topic}: ${n.toLocaleString("en-US")}`),
    `now: ${plan.wouldPass.pass} would pass, ${plan.wouldPass.fail} would fail, of ${plan.wouldPass["not-known"]} it is not known`,
    ...plan.wouldFail.map((f) => `  would fail at ${f.at}: ${f.records} ${f.class} ${f.message}`),
    ...Object.entries(plan.judgedAsWindow).map(([stage, rules]) => `judged as a whole by ${stage}: ${rules.join(", ")}`),
    ...Object.entries(plan.leftOut).map(([why, n]) => `left out: ${n.toLocaleString("en-US")} (${why})`),
  ];
  const first = plan.first.map((r) => [r.at, r.id, r.class ?? "?", `${r.now.answer} ${r.now.at}`, r.message.slice(0, 60)]);
  return [...lines, ...(first.length === 0 ? [] : table(["at", "id", "class", "now", "message"], first)), `digest ${plan.digest}`];
}

export function runLine({ run, does, state, done, records, outcomes, why }: RunStatus): string {
  const told = Object.entries(outcomes).filter(([, n]) => n > 0).map(([outcome, n]) => `${outcome} ${n}`); // prettier-ignore
  return `${run}  ${does}  ${state}  ${done} of ${records}${told.length === 0 ? "" : `  (${told.join(", ")})`}${why === null ? "" : `  ${why}`}`;
}

export function groupLines(groups: readonly LetterGroup[]): string[] {
  const rows = groups.map((g) => [g.fingerprint, g.state, g.count, g.open, g.class ?? g.family, g.stage ?? "?", g.owner ?? "?", g.firstSeen, g.lastSeen, g.fixedIn?.version ?? "", g.sample.message.slice(0, 80)]); // prettier-ignore
  return table(["fingerprint", "state", "all", "open", "class", "stage", "owner", "first seen", "last seen", "fixed in", "message"], rows);
}
