import { buildStage } from "@weir/inference";
import { createKafkaLog } from "@weir/kafka";
import { recordAt } from "@weir/record";
import { runStageService, serviceProcess, stagesOf, type BuildStage } from "@weir/service";

// An inference service that a record kills: what its value has to hold says WEIR_DEADLY.
const deadly = process.env["WEIR_DEADLY"] ?? "";
const slot = process.env["WEIR_SLOT"] ?? "";

const build: BuildStage = async (...of) => {
  const built = await buildStage(...of);
  const stage: typeof built.stage = Object.assign(Object.create(built.stage), {
    process: (...[batches]: Parameters<typeof built.stage.process>) => {
      for (const batch of batches)
        for (let row = 0; row < batch.count; row++)
          if (Buffer.from(recordAt(batch, row).value ?? "").includes(deadly)) process.kill(process.pid, "SIGKILL");
      return built.stage.process(batches);
    },
  });
  return { ...built, stage, close: () => built.close() };
};

process.exitCode = await serviceProcess({
  name: "inference",
  port: 0,
  env: process.env,
  run: (context) => runStageService("inference", context, stagesOf(context.loaded, "inference"), new Map([["inference", build]])),
  connect: (to) => createKafkaLog({ ...to, clientId: `weir-${slot}` }),
});
