import { run as runGate } from "@weir/gate";
import { run as runInference } from "@weir/inference";
import { createKafkaLog } from "@weir/kafka";
import { RetriableError, WeirError } from "@weir/record";
import { run as runRouter } from "@weir/router";
import { createLogger, systemClock, type LoadedPipeline, type RunningService, type ServiceContext } from "@weir/service";
import type { Clock } from "@weir/stream";
import { serviceOf, type ServiceName, type Services } from "./services.ts";

export interface InsideOptions {
  readonly loaded: LoadedPipeline;
  readonly address: string;
  readonly slots: readonly string[];
  /** Of each slot; default the system's. */
  readonly clockOf?: (slot: string) => Clock;
}

const RUN: Readonly<Record<ServiceName, (context: ServiceContext) => Promise<RunningService>>> = {
  gate: runGate,
  inference: runInference,
  router: runRouter,
};
const RESTART_MS = 300;
const TRANSACTION_MS = 10_000;

/** Services in this process, with connections of their own: quick to start, and the network can be taken from them. */
export async function startInside({ loaded, address, slots, clockOf = () => systemClock }: InsideOptions): Promise<Services> {
  const running = new Map<string, RunningService>();
  const endings: string[] = [];
  const brokers = address.split(",");
  const logger = createLogger({ level: "silent", service: "fire" });
  let stopping = false;
  let restarts = 0;

  const start = async (slot: string): Promise<void> => {
    const name = serviceOf(slot);
    const service = await RUN[name]({
      loaded,
      clock: clockOf(slot),
      logger,
      slot,
      connect: (clientId) => createKafkaLog({ brokers, clientId: `weir-${clientId}` }),
      listen: { host: "127.0.0.1", port: 0 },
      transactionTimeoutMs: TRANSACTION_MS,
    });
    running.set(slot, service);
    service.done.then(
      () => {},
      (error: unknown) => void again(slot, error),
    );
  };
  const again = async (slot: string, error: unknown): Promise<void> => {
    endings.push(`${slot}: ${reason(error)}`);
    await running
      .get(slot)
      ?.stop()
      .catch(() => {}); // it has failed: its end is told already
    running.delete(slot);
    while (!stopping) {
      await systemClock.sleep(RESTART_MS);
      restarts++;
      try {
        return await start(slot);
      } catch (failure) {
        if (!(failure instanceof WeirError) && !(failure instanceof RetriableError)) throw failure;
        endings.push(`${slot}: ${reason(failure)}`);
      }
    }
  };
  await Promise.all(slots.map(start));
  return {
    slots,
    endings,
    get restarts() {
      return restarts;
    },
    kill: () => Promise.reject(new Error("only a process can be killed")),
    replace: async (slot) => {
      await running.get(slot)?.stop();
      await start(slot);
    },
    stop: async () => {
      stopping = true;
      await Promise.all([...running.values()].map((service) => service.stop()));
    },
  };
}

function reason(error: unknown): string {
  return error instanceof WeirError ? `${error.problem.code} ${error.problem.what}` : String(error);
}
