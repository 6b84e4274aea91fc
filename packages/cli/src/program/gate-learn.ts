import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { WindowSpec } from "@weir/rules";
import { loadPipeline, type LoadedPipeline } from "@weir/service";
import type { Command } from "commander";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { learn, proposalLines, type LearnOptions } from "../gate/learn.ts";
import { recordsOfFile, recordsOfTopic } from "../gate/past-records.ts";
import { gateNamed, offsetFlag } from "./gate-flags.ts";
import { ENV, withLog, type Shell } from "./shell.ts";
import { jsonOnly } from "../json-only.ts";

interface LearnFlags extends BrokerFlags {
  readonly pipeline: string;
  readonly file?: string;
  readonly stage?: string;
  readonly topic?: string;
  readonly from?: string;
  readonly to?: string;
  readonly fields?: string;
  readonly name: string;
  readonly number: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function addLearn({ env, output }: Shell, add: (name: string, description: string) => Command): void {
  add("learn", "a baseline and proposed rules from records that are known to be good; nothing is applied")
    .option("-f, --file <file>", "one JSON record a line; .gz is unpacked. Default: the gate's input topic")
    .option("--stage <gate>", "gate whose input and windows are used; default the first")
    .option("--topic <topic>", "another topic than the gate's input")
    .option("--from <offset>", "first offset of every partition")
    .option("--to <offset>", "offset behind the last")
    .option("--fields <pointers>", "only these, with commas between them: /temp,/origin")
    .option("--name <name>", "name of the baseline", "learned")
    .option("--number <n>", "its version", "1")
    .option("--out <file>", "where to write the baseline, relative to the pipeline's folder; without it nothing is written")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "proposals and baseline as one JSON line")
    .action(async (flags: LearnFlags) => {
      const loaded = loadPipeline(flags.pipeline, env);
      jsonOnly(loaded, "gate learn");
      const gate = gateNamed(loaded, flags.stage);
      const to = flags.out ?? `baselines/${flags.name}.json`;
      const act = async (records: ReturnType<typeof recordsOfFile>, source: string): Promise<void> => {
        const { fields } = flags;
        const learned = await learn({
          loaded,
          gate: gate.id,
          records,
          source,
          name: flags.name,
          version: offsetFlag("--number", flags.number) ?? 1,
          path: to,
          window: referenceWindow(gate.window),
          ...(fields !== undefined && { fields: fields.split(",") }),
        });
        if (flags.out !== undefined) write(loaded, flags.out, learned.text);
        if (flags.json) output.data(JSON.stringify({ proposals: learned.proposals, baseline: JSON.parse(learned.text) }));
        else for (const line of proposalLines(learned)) output.data(line);
        output.note(
          flags.out === undefined ? `nothing was written; --out ${to} would write the baseline` : `${flags.out} holds the baseline`,
        );
      };
      if (flags.file !== undefined) return act(recordsOfFile(flags.file), path.basename(flags.file));
      const topic = flags.topic ?? gate.input;
      const range = { topic, from: offsetFlag("--from", flags.from) ?? 0, to: offsetFlag("--to", flags.to) ?? Infinity };
      await withLog(connectionOf(flags, env), "learn", (log) => act(recordsOfTopic(log, range), topic));
    });
}

/** Windows that slide overlap: what is usual for one is learned from those that do not. */
function referenceWindow(window: WindowSpec | null): LearnOptions["window"] {
  if (window?.kind === "sliding") return { ...(window.offset !== undefined && { offset: window.offset }), every: window.over };
  return window?.kind === "time" ? window : null;
}

function write(loaded: LoadedPipeline, file: string, text: string): void {
  const to = path.resolve(loaded.folder, file);
  mkdirSync(path.dirname(to), { recursive: true });
  writeFileSync(to, text);
}
