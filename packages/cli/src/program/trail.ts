import { WeirError } from "@weir/record";
import { loadPipeline } from "@weir/service";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { describeHop } from "../trail/describe.ts";
import { parseSince } from "../trail/since.ts";
import { trail } from "../trail/trail.ts";
import { ENV, withLog, type Shell } from "./shell.ts";

export function addTrail({ command, env, output }: Shell): void {
  command(
    "trail",
    "where one record was, and what each stage said of it",
    "  weir trail 2013-02-08-EWR-UA-1018 --pipeline deploy/pipelines/flights\n  weir trail flights.ingest.out-0-4711 --since 2h",
  )
    .argument("<id>", "the record's id: its header weir.id")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--since <when>", "look only at records since then: 30m, 2h, 7d or a date")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one JSON line a hop")
    .action(async (id: string, flags: BrokerFlags & { pipeline: string; since?: string; json?: boolean }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      const since = flags.since === undefined ? 0 : parseSince(flags.since, Date.now());
      await withLog(connectionOf(flags, env), "trail", async (log) => {
        const onProgress = (records: number): void => output.note(`  ${records.toLocaleString("en-US")} records looked at`);
        const hops = await trail({ log, loaded, id, since, onProgress });
        if (hops.length === 0) throw noRecord(id, loaded.pipeline.name);
        if (!flags.json) output.data(id);
        for (const hop of hops) for (const line of flags.json ? [JSON.stringify(hop)] : describeHop(hop)) output.data(line);
      });
    });
}

function noRecord(id: string, pipeline: string): WeirError {
  return new WeirError({
    code: "WEIR-6022",
    what: "no such record",
    where: `the topics of ${pipeline}`,
    why: `no record has the id ${id}; it may never have come, or the topics have let it go`,
    fix: "take the id from the header weir.id (weir tail TOPIC --format id), and leave out --since",
  });
}
