import { WeirError } from "@weir/record";
import { loadPipeline } from "@weir/service";
import { createFilter } from "../commands/filter.ts";
import { FORMATS, formatRecord, parseFormat } from "../commands/format.ts";
import { tail, topicNamed } from "../commands/tail.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { positive } from "../numbers.ts";
import { ENV, withLog, type Shell } from "./shell.ts";
import { jsonOnly } from "../json-only.ts";

interface TailFlags extends BrokerFlags {
  readonly offset: string;
  readonly limit?: string;
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly format: string;
  readonly filter?: string;
}

export function addTail({ command, env, output }: Shell): void {
  command(
    "tail",
    "committed records of a topic, as they come",
    `  weir tail flights.route.auto -n 5
  weir tail gate.quarantine --pipeline deploy/pipelines/flights -o beginning -e
  weir tail score.out --pipeline deploy/pipelines/flights --filter 'prediction.confidence < 0.6' --format id`,
  )
    .argument("<topic>", "a topic, or STAGE.PORT with --pipeline")
    .option("--pipeline <dir>", "pipeline that STAGE.PORT belongs to", env["WEIR_PIPELINE"])
    .option("-o, --offset <from>", "beginning, end, an offset, or -N before the end", "end")
    .option("-n, --limit <n>", "stop after so many records")
    .option("-e, --exit", "stop at the end")
    .option("--filter <cel>", "only records for which this holds: a CEL condition over record, prediction and headers")
    .option("--format <what>", FORMATS.join(", "), "value")
    .option("--json", "key, value, headers and place as one JSON line a record: --format json")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .action(async (name: string, flags: TailFlags) => {
      const loaded = flags.pipeline === undefined ? null : loadPipeline(flags.pipeline, env);
      if (loaded && flags.filter !== undefined) jsonOnly(loaded, "tail --filter");
      const format = flags.json ? "json" : parseFormat(flags.format);
      const filter = flags.filter === undefined ? null : createFilter(flags.filter);
      const limit = flags.limit === undefined ? null : positive("--limit", flags.limit);
      const from = parseOffset(flags.offset);
      await withLog(connectionOf(flags, env), "tail", async (log) => {
        const topic = topicNamed(name, loaded);
        if (!(await log.partitions([topic])).has(topic)) throw noTopic(topic);
        const onRecord = (...[lane, record]: Parameters<Parameters<typeof tail>[0]["onRecord"]>): void =>
          output.data(formatRecord(format, lane, record));
        await tail({ log, topic, from, limit, exitAtEnd: flags.exit === true, onRecord, ...(filter && { takes: filter.takes }) });
        if (filter && filter.undecided > 0)
          output.note(`  of ${filter.undecided} records the filter could not say whether it holds; left out`);
      });
    });
}

function parseOffset(given: string): string {
  if (given === "beginning" || given === "end" || /^-?\d{1,15}$/.test(given)) return given;
  throw new WeirError(
    {
      code: "WEIR-6004",
      what: `"${given}" is no offset`,
      where: "--offset",
      fix: "write beginning, end, an offset, or -10 for ten before the end",
    },
    { exitCode: 2 },
  );
}

function noTopic(topic: string): WeirError {
  return new WeirError({
    code: "WEIR-6002",
    what: "no such topic",
    where: topic,
    why: "the broker does not know it",
    fix: "check the name, or give --pipeline to name it STAGE.PORT",
  });
}
