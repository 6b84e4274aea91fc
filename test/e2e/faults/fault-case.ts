import type { LoadedPipeline } from "@weir/service";
import type { Services } from "./services.ts";
import type { Processes } from "./services-apart.ts";
import type { World } from "./world.ts";

/** What a fault works with while records flow. */
export interface Fire {
  readonly world: World;
  readonly loaded: LoadedPipeline;
  readonly seed: number;
  /** Seeded. */
  readonly random: () => number;
  readonly services: Services;
  /** The same services where they are processes; throws where they are not. */
  readonly processes: Processes;
  /** More services of the slots that are named, beside the others. */
  join(slots: readonly string[]): Promise<Services>;
  sleep(ms: number): Promise<void>;
  /** Until a foreign reader has seen so many committed records. */
  seen(records: number): Promise<void>;
}

/** One fault of the list. */
export interface FaultCase {
  readonly name: string;
  readonly part: "kill points" | "answers" | "brokers" | "groups" | "network" | "services";
  /** How it is brought about, in words. */
  readonly how: string;
  readonly nodes: 1 | 3;
  readonly services: "inside" | "apart";
  readonly seeds: readonly number[];
  readonly records?: number;
  readonly rate?: number;
  /** Points at which the processes die, life after life. */
  readonly crashes?: (random: () => number) => ReadonlyMap<string, readonly string[]>;
  readonly busyMs?: number;
  /** Milliseconds by which the clock of a slot is wrong at a time. */
  readonly skewOf?: (slot: string) => (now: number) => number;
  /** Does it, while records flow; gives how often it was done: never is a failure of the test. */
  readonly strike: (fire: Fire) => Promise<number>;
}
