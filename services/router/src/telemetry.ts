import type { Meter } from "@weir/service";
import type { Execution } from "@weir/stream";

export interface RouterTelemetry {
  /** Records went down their branches, and that is committed. */
  routed(execution: Pick<Execution, "ports">): void;
}

/** What a router reports beside its runner. */
export function routerTelemetry(
  meter: Meter,
  at: { readonly pipeline: string; readonly stage: string },
  branches: readonly string[],
): RouterTelemetry {
  const routed = meter.counter("weir_routed_total", "Records sent down a branch", ["pipeline", "stage", "branch"]);
  for (const branch of branches) routed.add({ ...at, branch }, 0);
  return {
    routed: ({ ports }) => {
      for (const branch of branches) routed.add({ ...at, branch }, ports[branch] ?? 0);
    },
  };
}
