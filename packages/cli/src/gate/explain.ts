import { table } from "../output.ts";
import type { FoundRecord } from "./find-record.ts";
import { flowLines, type ReportedKeys, type ReportedRule, type WindowReport } from "./report.ts";

/** A window for people: what every rule saw, how sure that is, and records as examples. */
export function windowLines(report: WindowReport): string[] {
  const { id, verdict, quarantined, n, start, end, rules, broken, notes, keys } = report;
  const when = start === null ? "" : `, ${start} to ${end}`;
  const rows = rules.map((rule) => [rule.id, rule.mode, rule.verdict, rule.said, intervalOf(rule)]);
  return [
    `${id}: ${verdict}${quarantined ? ", quarantined" : ""} (${n} records${when})`,
    ...flowLines(report),
    ...notes.map((note) => `note: ${note}`),
    ...(rows.length > 0 ? table(["rule", "mode", "verdict", "seen", "rate of the source, 95 %"], rows) : ["no rule judged this window"]),
    ...(keys === null ? [] : keyLines(keys)),
    ...broken.map(({ id: rule, k }) => `${rule}: ${k} single records`),
    ...rules.flatMap((rule) =>
      rule.examples.map((example) => `for example ${rule.id}: partition ${example.partition}, offset ${example.offset}: ${example.said}`),
    ),
  ];
}

function keyLines({ by, judged, breach, insufficient, error, list }: ReportedKeys): string[] {
  const counts = `${judged} keys of ${by}: ${breach} breach, ${insufficient} insufficient, ${error} error`;
  return [counts, ...(list.length > 0 ? table(["key", "records", "verdict", "seen"], list.map(({ key, n, verdict, said }) => [key, n, verdict, said])) : [])]; // prettier-ignore
}

export function recordLines({ id, port, place, class: kind, message, rules, tags }: FoundRecord): string[] {
  return [
    `${id}: ${port}, ${place}`,
    ...(kind === null ? [] : [`class ${kind}: ${message ?? ""}`]),
    ...(rules.length > 0 ? [`rules: ${rules.join(", ")}`] : []),
    ...(tags.length > 0 ? [`tags: ${tags.join(", ")}`] : []),
  ];
}

function intervalOf({ intervalPercent }: ReportedRule): string {
  return intervalPercent === null ? "" : `${intervalPercent[0]} % to ${intervalPercent[1]} %`;
}
