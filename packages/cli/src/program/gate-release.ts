import type { Command } from "commander";
import { makePlan } from "@weir/replay";
import { WeirError } from "@weir/record";
import { loadPipeline } from "@weir/service";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { actorOf, selectionOf, withSelection, type SelectionFlags } from "../replay/flags.ts";
import { contextOf, execute, type ExecuteFlags } from "../replay/runs.ts";
import { withCommon, withExecution } from "./replay.ts";
import { finish, withLog, type Shell } from "./shell.ts";

type ReleaseFlags = BrokerFlags &
  SelectionFlags &
  ExecuteFlags & { readonly pipeline: string; readonly reason: string; readonly by?: string };

export function addRelease(shell: Shell, gate: Command): void {
  const { env, output } = shell;
  const release = gate.command("release").argument("<stage>", "the gate").description("let quarantined records go on, behind the gate");
  withExecution(withSelection(withCommon(release, shell))).action(async (stage: string, flags: ReleaseFlags) => {
    const loaded = loadPipeline(flags.pipeline, env);
    const topic = loaded.topology.stages.find((s) => s.id === stage && s.type === "gate")?.outputs.get("quarantine");
    if (topic === undefined) throw noGate(stage, loaded.topology.stages.filter((s) => s.type === "gate").map((s) => s.id)); // prettier-ignore
    const actor = actorOf(flags.by, env);
    await withLog(connectionOf(flags, env), "release", async (log) => {
      const context = contextOf(loaded, log);
      const plan = await makePlan({ does: "release", topic, selection: selectionOf(flags), madeBy: actor }, context);
      finish(await execute(plan, context, { actor, reason: flags.reason }, flags, output));
    });
  });
}

function noGate(stage: string, gates: readonly string[]): WeirError {
  return new WeirError(
    { code: "WEIR-6013", what: `there is no gate ${stage}`, fix: `the pipeline's gates are ${gates.join(", ") || "none"}` },
    { exitCode: 2 },
  );
}
