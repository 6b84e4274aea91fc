import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildStage as buildGate } from "@weir/gate";
import { buildStage as buildInference } from "@weir/inference";
import { buildStage as buildRouter } from "@weir/router";
import { createLogger, loadPipeline, runStageService, systemClock } from "@weir/service";
import { formOf, writePipeline, type Workload } from "../workload.ts";
import { recordAnswers } from "./recorded.ts";
import { createReplayLog, type ReplayLog } from "./replay-log.ts";

/** Gate, inference and router of the bench, fused, over recorded answers. */
export interface ReplayedChain extends Pick<ReplayLog, "give" | "written"> {
  stop(): Promise<void>;
}

export async function startReplayedChain(workload: Workload, records: number): Promise<ReplayedChain> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-kernels-"));
  writePipeline(folder, workload, { name: "kernels" });
  const loaded = loadPipeline(folder, {});
  const replay = createReplayLog(loaded.topology.entryTopic, recordAnswers({ form: formOf(workload), ...workload, records }));
  const service = await runStageService(
    "kernels",
    {
      loaded,
      connect: async () => replay.log,
      clock: systemClock,
      logger: createLogger({ level: "error", service: "kernels" }),
      slot: "kernels",
      listen: { host: "127.0.0.1", port: 0 },
      transactionTimeoutMs: 10_000,
    },
    [["gate", "score", "route"]],
    new Map([
      ["gate", buildGate],
      ["inference", buildInference],
      ["router", buildRouter],
    ]),
  );
  return {
    give: replay.give,
    written: replay.written,
    async stop() {
      await service.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
