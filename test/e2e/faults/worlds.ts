import { calmVerdicts } from "./calm.ts";
import type { FaultCase } from "./fault-case.ts";
import { runCase, type CaseResult } from "./run-case.ts";
import { openWorld, type World } from "./world.ts";

export interface ComparedResult extends CaseResult {
  /** Verdicts that a run without faults has not, or has otherwise. */
  readonly verdictsDiffer: number;
}

/** Clusters that are started when a fault needs them, with what a run without faults says of the same records. */
export interface Worlds extends AsyncDisposable {
  run(of: FaultCase, seed: number): Promise<ComparedResult>;
  /** The next run that needs such a cluster gets a new one. */
  discard(nodes: 1 | 3): Promise<void>;
}

export function openWorlds(seed: number): Worlds {
  const open = new Map<1 | 3, World>();
  const calm = new Map<string, readonly string[]>();
  const worldOf = async (nodes: 1 | 3): Promise<World> => {
    const known = open.get(nodes);
    if (known) return known;
    const world = await openWorld(nodes, seed);
    open.set(nodes, world);
    return world;
  };
  const discard = async (nodes: 1 | 3): Promise<void> => {
    const world = open.get(nodes);
    open.delete(nodes);
    await world?.[Symbol.asyncDispose]();
  };
  return {
    discard,
    run: async (of, caseSeed) => {
      const world = await worldOf(of.nodes);
      const { result, verdicts } = await runCase(world, of, caseSeed);
      const key = `${result.produced}/${caseSeed}`;
      const expected = calm.get(key) ?? (await calmVerdicts(world.folder, world.nextName(), caseSeed, result.produced));
      calm.set(key, expected);
      const verdictsDiffer = differences(verdicts, expected);
      return { ...result, verdictsDiffer, holds: result.holds && verdictsDiffer === 0 };
    },
    async [Symbol.asyncDispose]() {
      for (const nodes of [...open.keys()]) await discard(nodes);
    },
  };
}

function differences(verdicts: readonly string[], expected: readonly string[]): number {
  const [a, b] = [new Set(verdicts), new Set(expected)];
  return verdicts.filter((v) => !b.has(v)).length + expected.filter((v) => !a.has(v)).length;
}
