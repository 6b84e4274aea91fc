import { loadPipeline } from "@weir/service";
import { skip, type SkipFlags } from "../commands/skip.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { ENV, finish, withLog, type Shell } from "./shell.ts";

export function addSkip({ command, env, output }: Shell): void {
  command(
    "skip",
    "let a halted partition go on behind records that cannot be read",
    "  weir skip flights.ingest.out/0 --pipeline deploy/pipelines/flights --reason 'disk fault of 3 May' --dry-run",
  )
    .argument("<place>", "TOPIC/PARTITION")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .requiredOption("--reason <text>", "why: it is written to the audit log")
    .option("--to <offset>", "first offset that is read again; default: where the damage ends")
    .option("--by <who>", "user:NAME or group:NAME; default: WEIR_USER, then the user of this machine")
    .option("--dry-run", "say what would be left out")
    .option("--yes", "do it")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one line of JSON")
    .action(async (place: string, flags: BrokerFlags & SkipFlags & { pipeline: string }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(connectionOf(flags, env), "skip", async (log) => finish(await skip(place, loaded, log, flags, env, output)));
    });
}
