/** The processes of a pipeline, or services inside this process that stand for them: each in a slot, started again when it ends by itself. */
export interface Services {
  readonly slots: readonly string[];
  /** Ends by themselves, with why: for the report. */
  readonly endings: readonly string[];
  /** Started again after something that was not asked for. */
  readonly restarts: number;
  /** As `kill -9` does it, then a new one in the same slot. */
  kill(slot: string): Promise<void>;
  /** As an orchestrator does it (SIGTERM, then a new one in the same slot). */
  replace(slot: string): Promise<void>;
  /** All of them, in order. */
  stop(): Promise<void>;
}

export const SLOTS = ["gate-0", "gate-1", "inference-0", "inference-1", "router-0"] as const;

export type ServiceName = "gate" | "inference" | "router";

export function serviceOf(slot: string): ServiceName {
  const name = slot.slice(0, slot.lastIndexOf("-"));
  if (name !== "gate" && name !== "inference" && name !== "router") throw new Error(`${slot} is no slot of a stage`);
  return name;
}
