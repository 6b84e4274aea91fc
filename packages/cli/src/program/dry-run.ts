import { loadPipeline } from "@weir/service";
import { asText } from "../commands/tail.ts";
import { evidenceText } from "../evidence.ts";
import { dryRun, type DryRun, type Outcome } from "../dry-run/dry-run.ts";
import { notTried, rulesOfGates } from "../not-tried.ts";
import { table } from "../output.ts";
import { readLines } from "../produce/lines.ts";
import type { Shell } from "./shell.ts";
import { jsonOnly } from "../json-only.ts";

/** Refused records that are shown one by one. */
const SHOWN = 10;

export function addDryRun({ command, env, output }: Shell): void {
  command(
    "dry-run",
    "records through the real stages, without a broker: where each would end, and why",
    "  weir dry-run my-pipeline -f day.ndjson.gz\n  weir dry-run my-pipeline -f day.ndjson --json | grep CONTRACT",
  )
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("-f, --file <file>", "file of one record a line, .gz is unpacked; default: standard input")
    .option("--json", "one JSON line a record, in the order of where they end")
    .action(async (folder: string, flags: { file?: string; json?: boolean }) => {
      const loaded = loadPipeline(folder, env);
      jsonOnly(loaded, "dry-run");
      for (const line of notTried(rulesOfGates(loaded))) output.note(line);
      const run = await dryRun(loaded, readLines(flags.file ?? null));
      for (const line of flags.json ? run.outcomes.map(asLine) : describe(run)) output.data(line);
    });
}

function asLine({ id, stage, port, topic, failure, record }: Outcome): string {
  return JSON.stringify({ id, stage, port, topic, failure, value: asText(record.value) });
}

function describe({ records, status, outcomes }: DryRun): string[] {
  const counts = new Map<string, number>();
  for (const { stage, port, topic } of outcomes) {
    const place = `${stage}.${port}\t${topic}`;
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const rows = [...counts].map(([place, count]) => [...place.split("\t"), count]);
  const windows = status.windows.map((w) => [w.id, w.records, w.verdict, w.broken.map((b) => `${b.rule} ${evidenceText(b)}`).join(", ")]);
  const refused = outcomes.filter((outcome) => outcome.failure !== null);
  return [
    `${records} records, nothing produced`,
    "",
    ...table(["port", "topic", "records"], rows),
    ...(windows.length > 0 ? ["", ...table(["window", "records", "verdict", "broken rules"], windows)] : []),
    ...(refused.length > 0 ? ["", `refused, the first ${Math.min(SHOWN, refused.length)} of ${refused.length}:`] : []),
    ...refused.slice(0, SHOWN).map(({ id, stage, failure }) => `  ${id}  ${stage}  ${failure?.class}: ${failure?.message}`),
  ];
}
