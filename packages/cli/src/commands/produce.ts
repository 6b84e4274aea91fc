import { WeirError } from "@weir/record";
import { loadPipeline, systemClock, type Environment } from "@weir/service";
import { connect, connectionOf, type BrokerFlags } from "../connect.ts";
import type { Output } from "../output.ts";
import { readLines } from "../produce/lines.ts";
import { produce } from "../produce/produce.ts";
import { jsonOnly } from "../json-only.ts";

export interface ProduceFlags extends BrokerFlags {
  readonly topic?: string;
  readonly file?: string;
  readonly key?: string;
  readonly rate?: string;
  readonly end?: boolean;
  readonly json?: boolean;
}

export async function produceCommand(flags: ProduceFlags, env: Environment, output: Output): Promise<number> {
  const loaded = flags.pipeline === undefined ? null : loadPipeline(flags.pipeline, env);
  if (loaded) jsonOnly(loaded, "produce");
  const topic = flags.topic ?? loaded?.topology.entryTopic;
  if (topic === undefined) throw wrongUsage("produce needs a topic", "give -t TOPIC or --pipeline DIR");
  if (flags.end && !loaded) throw wrongUsage("--end needs --pipeline", "the end is noted on the pipeline's control topic");
  const rate = flags.rate === undefined ? null : Number(flags.rate);
  if (rate !== null && !(rate > 0)) throw wrongUsage(`--rate ${flags.rate} is not a number above 0`, "give records per second");
  await using log = await connect(connectionOf(flags, env), "produce");
  if (!(await log.partitions([topic])).has(topic)) {
    throw new WeirError({
      code: "WEIR-6002",
      what: "no such topic",
      where: topic,
      why: "the broker does not know it; topics are never created by producing",
      fix: "start the pipeline first, or check the name",
    });
  }
  const written = await produce({
    log,
    clock: systemClock,
    topic,
    rate,
    lines: readLines(flags.file ?? null),
    id: typeof loaded?.pipeline.record.id === "string" ? loaded.pipeline.record.id : null,
    key: flags.key ?? loaded?.pipeline.record.key ?? null,
    endOn: flags.end ? (loaded?.topology.control ?? null) : null,
    onProgress: () => {},
  });
  output.data(
    flags.json ? JSON.stringify({ topic, ...written }) : `${written.records} records written to ${topic}${flags.end ? ", end noted" : ""}`,
  );
  return 0;
}

function wrongUsage(what: string, fix: string): WeirError {
  return new WeirError({ code: "WEIR-6004", what, fix }, { exitCode: 2 });
}
