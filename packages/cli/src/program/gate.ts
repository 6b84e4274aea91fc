import type { Command } from "commander";
import { addExplainWindow } from "./gate-explain.ts";
import { addLearn } from "./gate-learn.ts";
import { addReport } from "./gate-report.ts";
import { addRelease } from "./gate-release.ts";
import { exitOf, type Shell } from "./shell.ts";

/** Commands about gates: what they judged, why, and with which rules. */
export function addGate(shell: Shell): void {
  const gate = shell.command(
    "gate",
    "verdicts explained and reported, baselines and rules learned, quarantined records released",
    "  weir gate report --pipeline deploy/pipelines/flights --last 5\n  weir gate explain 2013-02-08 --pipeline deploy/pipelines/flights\n  weir gate report 2013-02-08 --pipeline deploy/pipelines/flights --out report.html\n  weir gate learn --pipeline deploy/pipelines/flights -f january.ndjson.gz --name january --out baselines/january.json\n  weir gate release gate --pipeline deploy/pipelines/flights --window gate/time/2013-02-11T05:00Z --reason 'cancellations are real'",
  );
  const add = (name: string, description: string): Command =>
    gate
      .command(name)
      .description(description)
      .exitOverride(exitOf)
      .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", shell.env["WEIR_PIPELINE"]);
  addExplainWindow(shell, add);
  addReport(shell, add);
  addLearn(shell, add);
  addRelease(shell, gate);
}
