import type { WindowSummary } from "@weir/monitor";
import { evidenceText } from "../evidence.ts";

/** What the gates stopped, and where they found a rule broken when the records had gone on. */
export function windowLines(windows: readonly WindowSummary[]): string[] {
  const stopped = windows.filter((w) => w.quarantined);
  const goneOn = windows.filter((w) => !w.quarantined && w.verdict === "breach");
  return [
    ...listed(stopped, `The gate stopped ${stopped.length} of ${windows.length} windows before the model saw them:`),
    ...listed(goneOn, `Of ${windows.length} windows ${goneOn.length} broke a rule when their records had gone on:`),
  ];
}

function listed(windows: readonly WindowSummary[], head: string): string[] {
  if (windows.length === 0) return [];
  return [`\n  ${head}`, ...windows.map((window) => `    ${window.id}  ${window.records} records${because(window)}`)];
}

function because({ broken }: WindowSummary): string {
  const rules = broken.filter((b) => b.mode === "enforce").map((b) => `${b.rule} ${evidenceText(b)}`);
  return rules.length > 0 ? `: ${rules.join(", ")}` : "";
}
