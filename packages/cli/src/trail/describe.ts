import { parseVerdict } from "@weir/monitor";
import type { Hop } from "./trail.ts";

/** A hop for people: the place, then what was said of the record there. */
export function describeHop(hop: Hop): string[] {
  const { stage, port, topic, partition, offset, at } = hop;
  const place = `  ${stage === null ? "entry" : `${stage}.${port}`}  ${topic}/${partition}/${offset}  ${at}`;
  const told: (string | false)[] = [
    hop.window !== undefined && `window ${hop.window}${verdictText(hop.verdict)}`,
    hop.tags !== undefined && `tags ${hop.tags}`,
    hop.model !== undefined && `model ${hop.model}`,
    hop.branch !== undefined && `branch ${hop.branch}`,
    hop.failure !== undefined && `${hop.failure.class}: ${hop.failure.message}`,
    hop.failure !== undefined && hop.failure.rules.length > 0 && `rules ${hop.failure.rules.join(", ")}`,
    hop.execution !== undefined && `execution ${hop.execution.id}, slot ${hop.execution.slot}, spec ${hop.execution.spec.slice(0, 8)}`,
  ];
  return [place, ...told.filter((line) => line !== false).map((line) => `      ${line}`)];
}

function verdictText(verdict: unknown): string {
  if (verdict === undefined) return "";
  const summary = parseVerdict(JSON.stringify(verdict));
  if (!summary) return "";
  const broken = summary.broken.map(({ rule, k, n }) => `${rule} ${k} of ${n}`);
  return `: ${summary.verdict}${broken.length > 0 ? ` (${broken.join(", ")})` : ""}`;
}
