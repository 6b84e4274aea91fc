import { writeFileSync } from "node:fs";
import { loadPipeline } from "@weir/service";
import type { Command } from "commander";
import { gateReports, type GateReport } from "../commands/gate-report.ts";
import { connectionOf } from "../connect.ts";
import { evidenceText } from "../evidence.ts";
import { reportHtml } from "../gate/report-html.ts";
import type { WindowReport } from "../gate/report.ts";
import { positive } from "../numbers.ts";
import { table, type Output } from "../output.ts";
import { findWindow, windowOptions, type WindowFlags } from "./gate-windows.ts";
import { withLog, type Shell } from "./shell.ts";

export function addReport({ env, output }: Shell, add: (name: string, description: string) => Command): void {
  windowOptions(add("report", "rules and windows, from the verdicts; with a window, that one as a static HTML page"))
    .argument("[window]", "id of a verdict, or the part of it that names one window")
    .option("--out <file>", "where to write the page", "report.html")
    .option("--last <n>", "only the last so many windows of a gate")
    .option("--json", "one JSON line a gate; of a window, every number of its page")
    .action(async (window: string | undefined, flags: WindowFlags & { last?: string; out: string }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      if (window !== undefined) return writePage(await findWindow(loaded, window, flags, env), flags, output);
      const last = flags.last === undefined ? Infinity : positive("--last", flags.last);
      await withLog(connectionOf(flags, env), "gate", async (log) => {
        for (const report of await gateReports(loaded, log, last)) {
          for (const line of flags.json ? [JSON.stringify(report)] : describeReport(report)) output.data(line);
        }
      });
    });
}

function writePage(report: WindowReport, { out, json }: { readonly out: string; readonly json?: boolean }, output: Output): void {
  if (json) output.data(JSON.stringify(report));
  const html = reportHtml(report);
  writeFileSync(out, html);
  output.note(`${out} holds the report of ${report.id} (${Math.ceil(html.length / 1024)} KB)`);
}

function describeReport({ stage, windows, rules }: GateReport): string[] {
  const stopped = windows.filter((w) => w.quarantined).length;
  const head = `gate ${stage}: ${windows.length} windows judged, ${stopped} stopped`;
  if (windows.length === 0) return [head];
  const ruleRows = rules.map((r) => [
    r.rule,
    r.kind,
    ...["pass", "breach", "insufficient", "error"].map((verdict) => r.verdicts[verdict] ?? 0),
    evidenceText(r),
    r.worst === null ? "-" : `${evidenceText(r.worst)} in ${r.worst.window}`,
  ]);
  const windowRows = windows.map((w) => [
    w.id,
    w.records,
    w.quarantined ? `${w.verdict}, stopped` : w.verdict,
    w.broken.map((b) => `${b.rule} ${evidenceText(b)}`).join(", "),
  ]);
  return [
    head,
    "",
    ...table(["rule", "kind", "pass", "breach", "insufficient", "error", "broken by", "worst"], ruleRows).map((line) => `  ${line}`),
    "",
    ...table(["window", "records", "verdict", "broken rules"], windowRows).map((line) => `  ${line}`),
  ];
}
