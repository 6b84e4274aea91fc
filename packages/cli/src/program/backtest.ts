import { readFileSync } from "node:fs";
import path from "node:path";
import { formatProblem, readCandidate, type Candidate } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import { loadPipeline, sha256, type LoadedPipeline } from "@weir/service";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { compareGates, type BacktestResult } from "../gate/backtest.ts";
import { judgePast } from "../gate/judge-past.ts";
import { recordsOfFile, recordsOfTopic, type PastRecords } from "../gate/past-records.ts";
import { notTried } from "../not-tried.ts";
import { table, type Output } from "../output.ts";
import { gateNamed, offsetFlag } from "./gate-flags.ts";
import { ENV, withLog, type Shell } from "./shell.ts";
import { jsonOnly } from "../json-only.ts";

interface BacktestFlags extends BrokerFlags {
  readonly pipeline: string;
  readonly rules: string;
  readonly stage?: string;
  readonly file?: string;
  readonly topic?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function addBacktest({ command, env, output }: Shell): void {
  command(
    "backtest",
    "what other rules would have done with past records, by partition; nothing is written, no offset moves",
    "  weir backtest --pipeline deploy/pipelines/flights --rules stricter.yaml -f february.ndjson.gz\n  weir backtest --pipeline deploy/pipelines/flights --rules stricter.yaml --from 0 --to 5000",
  )
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .requiredOption("--rules <file>", "candidate `rules:` (and `window:`), as they stand in the pipeline file")
    .option("--stage <gate>", "gate that they would belong to; default the first")
    .option("-f, --file <file>", "one JSON record a line; .gz is unpacked. Default: the gate's input topic")
    .option("--topic <topic>", "another topic than the gate's input")
    .option("--from <offset>", "first offset of every partition")
    .option("--to <offset>", "offset behind the last")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "the comparison as one JSON line")
    .action(async (flags: BacktestFlags) => {
      const loaded = loadPipeline(flags.pipeline, env);
      jsonOnly(loaded, "backtest");
      const gate = gateNamed(loaded, flags.stage);
      const candidate = candidateOf(loaded, flags.rules);
      for (const line of notTried(candidate.rules)) output.note(line);
      const act = async (records: PastRecords): Promise<void> => {
        const own = { ...gate, baselines: loaded.baselines };
        const other = { id: gate.id, rules: candidate.rules, window: candidate.window ?? gate.window, baselines: candidate.baselines };
        const [now, then] = await judgePast(loaded, [own, other], records);
        if (now && then) tell(compareGates(now, then), flags.json === true, output);
      };
      if (flags.file !== undefined) return act(recordsOfFile(flags.file));
      const range = {
        topic: flags.topic ?? gate.input,
        from: offsetFlag("--from", flags.from) ?? 0,
        to: offsetFlag("--to", flags.to) ?? Infinity,
      };
      await withLog(connectionOf(flags, env), "backtest", (log) => act(recordsOfTopic(log, range)));
    });
}

/** @throws {WeirError} WEIR-6040 with every problem of the candidate rules */
function candidateOf(loaded: LoadedPipeline, file: string): Candidate {
  const read = (name: string): string | null => {
    try {
      return readFileSync(name, "utf8");
    } catch {
      return null;
    }
  };
  const refused = (why: string): WeirError =>
    new WeirError(
      {
        code: "WEIR-6040",
        what: "the candidate rules cannot be tried",
        where: file,
        why,
        fix: "correct what is named; they are written as in the pipeline file",
      },
      { exitCode: 3 },
    );
  const text = read(file);
  if (text === null) throw refused("the file does not exist or may not be read");
  const readText = (name: string): string | null => read(path.resolve(loaded.folder, name));
  const { candidate, problems } = readCandidate(text, file, { readText, sha256, contract: loaded.contract });
  if (candidate === null) throw refused(problems.map(formatProblem).join("\n         ") || "the file is empty");
  return candidate;
}

function tell(result: BacktestResult, json: boolean, output: Output): void {
  if (json) return output.data(JSON.stringify(result));
  const { records, windows, changed, moves, examples } = result;
  output.data(`${records} records; ${windows.now} windows now, ${windows.candidate} with the candidate; ${changed.length} verdicts change`);
  const because = (reasons: (typeof changed)[number]["because"]): string =>
    reasons.map((r) => `${r.rule}: ${r.now ?? "absent"} → ${r.candidate ?? "absent"}`).join("; ");
  if (changed.length > 0) {
    const rows = changed.map((c) => [c.window, c.n, c.now ?? "absent", c.candidate ?? "absent", because(c.because)]);
    for (const line of table(["window", "records", "now", "candidate", "because"], rows)) output.data(line);
  }
  for (const line of table(
    ["port now", "port then", "records"],
    moves.map((m) => [m.from, m.to, m.records]),
  ))
    output.data(line);
  for (const { place, from, to } of examples) output.data(`  for example ${place}: ${from} → ${to}`);
}
