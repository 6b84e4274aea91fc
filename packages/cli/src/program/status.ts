import { loadPipeline, systemClock } from "@weir/service";
import type { StoppedStage } from "@weir/monitor";
import { createStatusReader, type Status } from "../commands/status.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { positive } from "../numbers.ts";
import { table } from "../output.ts";
import { ENV, withLog, type Shell } from "./shell.ts";

/** To the upper left, and everything below away. */
const CLEAR = "\x1b[H\x1b[J";

export function addStatus({ command, env, output }: Shell): void {
  command(
    "status",
    "what each stage did, from the execution log",
    "  weir status --pipeline deploy/pipelines/flights\n  weir status --pipeline deploy/pipelines/flights --watch",
  )
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--watch", "again and again until it is interrupted")
    .option("--every <seconds>", "how often with --watch", "2")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one line of JSON, with --watch one each time")
    .action(async (flags: BrokerFlags & { pipeline: string; watch?: boolean; every: string; json?: boolean }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      const everyMs = positive("--every", flags.every) * 1000;
      await withLog(connectionOf(flags, env), "status", async (log) => {
        const reader = createStatusReader(loaded, log);
        do {
          const status = await reader.read();
          if (flags.json) output.data(JSON.stringify(status));
          else
            output.data([...(flags.watch ? [frameHead(loaded.pipeline.name)] : []), ...describeStatus(status, flags.pipeline)].join("\n"));
          if (flags.watch) await systemClock.sleep(everyMs);
        } while (flags.watch);
      });
    });
}

/** Where a person looks on, each frame takes the place of the one before; in a file they follow one another. */
function frameHead(pipeline: string): string {
  return `${process.stdout.isTTY ? CLEAR : "\n"}${pipeline}  ${new Date(systemClock.now()).toISOString()}`;
}

function describeStatus({ stages, stops }: Status, folder: string): string[] {
  const anyWaits = stages.some((s) => s.waiting > 0);
  const rows = stages.map((s) => [
    s.id,
    s.in,
    Object.entries(s.ports)
      .map(([port, count]) => `${port} ${count}`)
      .join(", "),
    s.held,
    s.inFlight,
    ...(anyWaits ? [s.waiting] : []),
    s.lastAt ?? "-",
  ]);
  const counts = table(["stage", "in", "ports", "held", "in flight", ...(anyWaits ? ["waiting"] : []), "last execution"], rows);
  return [...counts, ...(stops.length > 0 ? [""] : []), ...stops.map((stop) => describeStop(stop, folder))];
}

/** What stands still, because of what, whose it is, and how it goes on. */
function describeStop({ stage, topic, partition, action, rule, owner, verdict, next, since, until }: StoppedStage, folder: string): string {
  const end = until === null ? "" : `, goes on at ${new Date(until).toISOString()}`;
  return [
    `${stage} ${action === "halt" ? "is halted" : "pauses"}: ${topic}/${partition} waits at offset ${next} since ${new Date(since).toISOString()}${end}`,
    `  rule ${rule}, verdict ${verdict}, owner ${owner}`,
    `  to let it go on: weir resume ${stage} --pipeline ${folder} --reason '…'`,
  ].join("\n");
}
