import { describeProblem } from "@weir/record";
import { parseSettings, systemClock, topicsOfServices, verifyTopics, type Environment } from "@weir/service";
import { connect, connectionOf, loadRunnable } from "../connect.ts";
import type { Output } from "../output.ts";
import { serviceNames, startServices } from "../up/services.ts";

export interface RunFlags {
  readonly pipeline: string;
  readonly broker?: string;
  readonly env?: string;
  readonly port: string;
  readonly fused?: boolean;
}

/** Runs the named services in this process until SIGTERM: everything decided is committed, groups are left. */
export async function runServices(given: readonly string[], flags: RunFlags, env: Environment, output: Output): Promise<number> {
  const names = serviceNames(given);
  const connection = connectionOf(flags, env);
  const address = connection.brokers.join(",");
  const { settings, problems } = parseSettings(
    { ...env, WEIR_PIPELINE: flags.pipeline, WEIR_KAFKA: address, WEIR_PORT: flags.port },
    { port: 8080 },
  );
  if (!settings) {
    for (const problem of problems) output.note(describeProblem(problem));
    return 2;
  }
  const loaded = loadRunnable(flags.pipeline, flags, env);
  {
    await using log = await connect(connection, "run");
    await verifyTopics(log, topicsOfServices(loaded, names), address);
  }
  const fresh = `${process.pid}-${systemClock.now().toString(36)}`;
  const running = await startServices({
    loaded,
    connection,
    names,
    fused: flags.fused === true,
    host: settings.host,
    port: settings.port,
    logLevel: settings.logLevel,
    transactionTimeoutMs: settings.transactionTimeoutMs,
    missingOffsets: settings.missingOffsets,
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
