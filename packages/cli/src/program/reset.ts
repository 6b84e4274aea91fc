import { createGroupAdmin } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import { WeirError } from "@weir/record";
import { reset, type ResetFlags } from "../commands/reset.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { ENV, finish, withLog, type Shell } from "./shell.ts";

export function addReset({ command, env, output }: Shell): void {
  command(
    "reset",
    "move a stage to another place of its inputs, and forget its state",
    "  weir reset gate --pipeline my-pipeline --to earliest --dry-run\n  weir reset gate --pipeline my-pipeline --to earliest --reason 'rules were wrong' --yes",
  )
    .argument("<stage>", "name of the stage; none of its processes may run")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .requiredOption("--to <where>", "earliest, latest, or an offset (of every partition, within what it holds)")
    .option("--reason <text>", "why: it is written to the audit log")
    .option("--by <who>", "user:NAME or group:NAME; default: WEIR_USER, then the user of this machine")
    .option("--dry-run", "only say what would be done")
    .option("--yes", "do not ask")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one line of JSON")
    .action(async (stage: string, flags: BrokerFlags & ResetFlags & { pipeline: string }) => {
      if (!/^(?:earliest|latest|\d{1,15})$/.test(flags.to)) throw noPlace(flags.to);
      const loaded = loadPipeline(flags.pipeline, env);
      const connection = connectionOf(flags, env);
      await using groups = await createGroupAdmin({ ...connection, clientId: "weir-reset" });
      await withLog(connection, "reset", async (log) => finish(await reset(stage, loaded, { log, groups }, flags, env, output)));
    });
}

function noPlace(to: string): WeirError {
  return new WeirError(
    { code: "WEIR-6004", what: `"${to}" is no place of a topic`, fix: "write earliest, latest, or an offset" },
    { exitCode: 2 },
  );
}
