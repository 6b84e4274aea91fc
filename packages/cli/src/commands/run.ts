import { describeProblem } from "@weir/record";
import { loadPipeline, parseSettings, systemClock, type Environment } from "@weir/service";
import { brokerAddress, connect } from "../connect.ts";
import type { Output } from "../output.ts";
import { serviceNames, startServices } from "../up/services.ts";
import { verifyTopics } from "../up/topics.ts";

export interface RunFlags {
  readonly pipeline: string;
  readonly broker?: string;
  readonly port: string;
  readonly fused?: boolean;
}

/** Runs the named services in this process until SIGTERM: everything decided is committed, groups are left. */
export async function runServices(given: readonly string[], flags: RunFlags, env: Environment, output: Output): Promise<number> {
  const names = serviceNames(given);
  const address = brokerAddress(flags.broker, env);
  const { settings, problems } = parseSettings(
    { ...env, WEIR_PIPELINE: flags.pipeline, WEIR_KAFKA: address, WEIR_PORT: flags.port },
    { port: 8080 },
  );
  if (!settings) {
    for (const problem of problems) output.note(describeProblem(problem));
    return 2;
  }
  const loaded = loadPipeline(flags.pipeline, env);
  {
    await using log = await connect(address, "run");
    await verifyTopics(log, loaded.topology, address);
  }
  const fresh = `${process.pid}-${systemClock.now().toString(36)}`;
  const running = await startServices({
    loaded,
    address,
    names,
    fused: flags.fused === true,
    port: settings.port,
    logLevel: settings.logLevel,
    transactionTimeoutMs: settings.transactionTimeoutMs,
    slotOf: () => settings.slot ?? fresh,
  });
  for (const service of running.services) output.note(`weir: ${service.name} on ${service.url}`);
  const stop = (): void => void running.stop();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  try {
    await running.done;
  } finally {
    await running.stop();
  }
  return 0;
}
