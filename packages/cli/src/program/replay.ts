import { loadPipeline } from "@weir/service";
import type { Command } from "commander";
import { confirm } from "../confirm.ts";
import { connectionOf, loadRunnable, type BrokerFlags } from "../connect.ts";
import { actorOf } from "../replay/flags.ts";
import { contextOf, execute, listRuns, readPlan, showRun, steer, type ExecuteFlags } from "../replay/runs.ts";
import { ENV, exitOf, finish, withLog, type Shell } from "./shell.ts";

type Common = BrokerFlags & { readonly pipeline: string; readonly json?: boolean };

export function addReplay(shell: Shell): void {
  const { command, env, output } = shell;
  const replay = command(
    "replay",
    "send dead letters again, by a plan",
    "  weir replay run plan.json --pipeline deploy/pipelines/flights --reason 'producer mended' --rate 500/s --ramp 30s --abort-on 20%",
  );
  withExecution(
    withCommon(
      replay.command("run").argument("<plan>", "file that weir dlq plan wrote").description("execute a plan, or go on with it"),
      shell,
    ),
  ).action(async (file: string, flags: Common & ExecuteFlags & { reason: string; by?: string }) => {
    const loaded = loadRunnable(flags.pipeline, flags, env);
    const plan = readPlan(file);
    await withLog(connectionOf(flags, env), "replay", async (log) =>
      finish(await execute(plan, contextOf(loaded, log), { actor: actorOf(flags.by, env), reason: flags.reason }, flags, output)),
    );
  });
  withCommon(replay.command("list").description("all runs, oldest first"), shell).action(async (flags: Common) => {
    const loaded = loadPipeline(flags.pipeline, env);
    await withLog(connectionOf(flags, env), "replay", (log) => listRuns(loaded, log, flags.json === true, output));
  });
  withCommon(replay.command("show").argument("<run>").description("one run"), shell).action(async (run: string, flags: Common) => {
    const loaded = loadPipeline(flags.pipeline, env);
    await withLog(connectionOf(flags, env), "replay", (log) => showRun(run, loaded, log, flags.json === true, output));
  });
  for (const does of ["pause", "resume", "cancel"] as const) {
    withCommon(replay.command(does).argument("<run>").description(`${does} a run, wherever it is carried out`), shell)
      .option("--by <who>", "user:NAME; default: whoever runs the command")
      .option("--yes", "do not ask")
      .action(async (run: string, flags: Common & { by?: string; yes?: boolean }) => {
        const loaded = loadPipeline(flags.pipeline, env);
        if (does === "cancel" && !flags.yes) await confirm(`cancel run ${run}`);
        await withLog(connectionOf(flags, env), "replay", (log) =>
          steer(run, does, actorOf(flags.by, env), contextOf(loaded, log), flags.json === true, output),
        );
      });
  }
}

export function withCommon(command: Command, { env }: Shell): Command {
  return command
    .exitOverride(exitOf)
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one JSON line a thing");
}

/** What everything that executes a plan takes. */
export function withExecution(command: Command): Command {
  return command
    .requiredOption("--reason <text>", "why, for the audit")
    .option("--by <who>", "user:NAME; default: whoever runs the command")
    .option("--rate <n>", "records a second", "500/s")
    .option("--ramp <time>", "reach the rate in so long", "0s")
    .option("--abort-on <share>", "stop when this share has failed again")
    .option("--settle <time>", "how long to wait, at the end, for the pipeline to decide what was sent", "30s")
    .option("--yes", "do not ask");
}
