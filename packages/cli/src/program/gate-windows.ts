import { laneKey, type Batch } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Command } from "commander";
import { connect, connectionOf, type BrokerFlags } from "../connect.ts";
import { inspectWindow, type InspectedWindow } from "../gate/inspect-window.ts";
import { judgePast } from "../gate/judge-past.ts";
import { recordsOfFile, recordsOfTopic } from "../gate/past-records.ts";
import { reportWindow, type WindowReport } from "../gate/report.ts";
import { verdictNamed, verdictsIn, type ToldWindow } from "../gate/told.ts";
import { gateNamed, type NamedGate } from "./gate-flags.ts";
import { ENV, type Shell } from "./shell.ts";

/** Flags of commands that look at a window. */
export interface WindowFlags extends BrokerFlags {
  readonly pipeline: string;
  readonly stage?: string;
  readonly file?: string;
  readonly json?: boolean;
}

export function windowOptions(command: Command): Command {
  return command
    .option("--stage <gate>", "gate that judged it; default the first")
    .option("-f, --file <file>", "judge the records of a file instead of reading verdicts from the broker")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV);
}

/** The window that a name means, looked at again. */
export async function findWindow(loaded: LoadedPipeline, name: string, flags: WindowFlags, env: Shell["env"]): Promise<WindowReport> {
  const gate = gateNamed(loaded, flags.stage);
  const { file } = flags;
  if (file !== undefined) {
    const [judged] = await judgePast(loaded, [{ ...gate, baselines: loaded.baselines }], recordsOfFile(file));
    const told = verdictNamed(judged?.verdicts ?? [], name);
    return reportWindow(told, await inspectWindow(loaded, gate, told, recordsOfFile(file)));
  }
  await using log = await connect(connectionOf(flags, env), "report");
  const verdicts = (await verdictsIn(log, loaded.topology.verdicts)).filter(({ stage }) => stage === gate.id);
  const told = verdictNamed(verdicts, name);
  return reportWindow(told, await lookAgain(log, loaded, gate, told));
}

/** The window's records, read again; null when the topic does not hold them all any more. */
async function lookAgain(log: Log, loaded: LoadedPipeline, gate: NamedGate, told: ToldWindow): Promise<InspectedWindow | null> {
  const lanes = told.partitions.map(({ partition }) => ({ topic: gate.input, partition }));
  const bounds = await log.bounds(lanes);
  const gone = told.partitions.some(
    ({ partition, first }) => (bounds.get(laneKey({ topic: gate.input, partition }))?.earliest ?? Infinity) > (first ?? 0),
  );
  return gone || told.window.kind === "stream" ? null : inspectWindow(loaded, gate, told, rangesOf(log, gate, told));
}

async function* rangesOf(log: Log, gate: NamedGate, told: ToldWindow): AsyncGenerator<Batch> {
  for (const { partition, first = 0, last } of told.partitions) {
    yield* recordsOfTopic(log, { topic: gate.input, partition, from: first, to: last + 1 });
  }
}
