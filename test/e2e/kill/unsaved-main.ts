import { buildStage as buildGate } from "@weir/gate";
import { buildStage as buildInference } from "@weir/inference";
import { createKafkaLog } from "@weir/kafka";
import { buildStage as buildRouter } from "@weir/router";
import { runStageService, serviceProcess, stagesOf, type BuildStage } from "@weir/service";
import type { Producer, Transaction } from "@weir/stream";

// A service that kills itself when everything of a slice is written and its offsets are not: at the commit with the number WEIR_DIES_AT.
const SERVICES = { gate: buildGate, inference: buildInference, router: buildRouter } as const satisfies Record<string, BuildStage>;
const service = process.env["WEIR_SERVICE"] as keyof typeof SERVICES;
const slot = process.env["WEIR_SLOT"] ?? "";
let left = Number(process.env["WEIR_DIES_AT"] ?? Infinity);

const dying = (transaction: Transaction): Transaction => ({
  get bytes() {
    return transaction.bytes;
  },
  write: (...written) => transaction.write(...written),
  flush: () => transaction.flush(),
  abort: () => transaction.abort(),
  commit: async (offsets) => {
    if (transaction.bytes > 0 && --left === 0) {
      await transaction.flush();
      process.kill(process.pid, "SIGKILL");
    }
    await transaction.commit(offsets);
  },
});

process.exitCode = await serviceProcess({
  name: service,
  port: 0,
  env: process.env,
  run: (context) => runStageService(service, context, stagesOf(context.loaded, service), new Map([[service, SERVICES[service]]])),
  connect: async (to) => {
    const log = await createKafkaLog({ ...to, clientId: `weir-${slot}` });
    const producer = async (...asked: Parameters<typeof log.producer>): Promise<Producer> => {
      const own = await log.producer(...asked);
      return { ...own, begin: () => dying(own.begin()) };
    };
    return { ...log, producer };
  },
});
