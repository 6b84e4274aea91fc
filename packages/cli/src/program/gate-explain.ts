import { loadPipeline, type LoadedPipeline } from "@weir/service";
import type { Command } from "commander";
import { connect, connectionOf } from "../connect.ts";
import { recordLines, windowLines } from "../gate/explain.ts";
import { recordNamed, type FoundRecord } from "../gate/find-record.ts";
import { gateNamed } from "./gate-flags.ts";
import { findWindow, windowOptions, type WindowFlags } from "./gate-windows.ts";
import type { Shell } from "./shell.ts";

export function addExplainWindow({ env, output }: Shell, add: (name: string, description: string) => Command): void {
  windowOptions(add("explain", "why a window was judged as it was, or why a record went where it went"))
    .option("--json", "every number, one JSON line for the record and one for the window")
    .argument("<window|record>", "id of a verdict (or the part that names one window), or the id of a record")
    .action(async (name: string, flags: WindowFlags) => {
      const loaded = loadPipeline(flags.pipeline, env);
      const record = flags.file === undefined ? await findRecord(loaded, name, flags, env) : null;
      if (record !== null) {
        if (flags.json) output.data(JSON.stringify(record));
        else for (const line of recordLines(record)) output.data(line);
      }
      const window = record === null ? name : record.window;
      if (window === null) return;
      const report = await findWindow(loaded, window, flags, env);
      if (flags.json) output.data(JSON.stringify(report));
      else for (const line of windowLines(report)) output.data(line);
    });
}

/** What became of a record of that id; null when the name is no record's. */
async function findRecord(loaded: LoadedPipeline, name: string, flags: WindowFlags, env: Shell["env"]): Promise<FoundRecord | null> {
  await using log = await connect(connectionOf(flags, env), "explain");
  return await recordNamed(log, loaded, gateNamed(loaded, flags.stage), name);
}
