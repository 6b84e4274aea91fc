import { buildStage as buildGate } from "@weir/gate";
import { buildStage as buildInference } from "@weir/inference";
import { createKafkaLog } from "@weir/kafka";
import { buildStage as buildRouter } from "@weir/router";
import { runStageService, serviceProcess, stagesOf, type BuildStage } from "@weir/service";
import { crashingLog, crashingStage, parseCrash } from "./crash-points.ts";
import { serviceOf, type ServiceName } from "./services.ts";

// A service as its own main.ts composes it. Its client id names its slot, so that a proxy can single it out; it can be told
// where to die (WEIR_CRASH), and to be busy for a while (SIGUSR2, WEIR_BUSY_MS).
const BUILDERS: Readonly<Record<ServiceName, BuildStage>> = { gate: buildGate, inference: buildInference, router: buildRouter };

const slot = process.env["WEIR_SLOT"] ?? "";
const name = serviceOf(slot);
const crash = parseCrash(process.env["WEIR_CRASH"] ?? "after-fetch:0", () => process.kill(process.pid, "SIGKILL"));
const build: BuildStage = async (...of) => {
  const built = await BUILDERS[name](...of);
  return { ...built, stage: crashingStage(built.stage, crash), close: () => built.close() };
};
process.on("SIGUSR2", () => {
  const until = performance.now() + Number(process.env["WEIR_BUSY_MS"]);
  while (performance.now() < until);
});

process.exitCode = await serviceProcess({
  name,
  port: 0,
  env: process.env,
  run: (context) => runStageService(name, context, stagesOf(context.loaded, name), new Map([[name, build]])),
  connect: async (to) => crashingLog(await createKafkaLog({ ...to, clientId: `weir-${slot}` }), crash),
});
