import { loadPipeline } from "@weir/service";
import { resume, type ResumeFlags } from "../commands/resume.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { ENV, finish, withLog, type Shell } from "./shell.ts";

export function addResume({ command, env, output }: Shell): void {
  command(
    "resume",
    "let a stage go on that one of its rules has paused or halted",
    "  weir resume gate --pipeline deploy/pipelines/flights --reason 'the sensor was replaced'",
  )
    .argument("<stage>", "id of the stage, as weir status names it")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .requiredOption("--reason <text>", "why: it is written to the audit log")
    .option("--partition <n>", "only this one; default: all that are stopped")
    .option("--by <who>", "user:NAME or group:NAME; default: WEIR_USER, then the user of this machine")
    .option("--dry-run", "say what would go on")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one line of JSON for each partition")
    .action(async (stage: string, flags: BrokerFlags & ResumeFlags & { pipeline: string }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(connectionOf(flags, env), "resume", async (log) => finish(await resume(stage, loaded, log, flags, env, output)));
    });
}
