import { collectDefaultMetrics, Registry } from "prom-client";
import { VERSION } from "../version.ts";
import { expose, type Exposition } from "./exposition.ts";
import { createMeter, type Meter } from "./meter.ts";

/** The metrics of one service. */
export interface Metrics extends Meter {
  /** In the format that the `Accept` header asks for. */
  expose(accept: string | undefined): Promise<Exposition>;
}

/** Gauges whose name says that they are counters. What they add up is there by kind without them. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** A registry of its own, with the process' metrics and the build's: several services can share a process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const meter = createMeter(registry);
  meter
    .gauge("weir_build_info", "1 for the version of Weir and of Node that run", ["version", "node"])
    .set({ version: VERSION, node: process.versions.node }, 1);
  return { ...meter, expose: (accept) => expose(registry, accept) };
}
