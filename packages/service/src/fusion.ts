import type { Topology } from "@weir/pipeline";

/**
 * Which stages run together when a pipeline is fused, in flow order. A stage joins the chain of its only reader-to-be
 * unless it holds records, has several inputs, or its input is written from outside.
 */
export function fuse(topology: Topology, holds: (stageId: string) => boolean): string[][] {
  const chains: string[][] = [];
  const chainOf = new Map<string, string[]>();
  for (const stage of topology.stages) {
    if (stage.type === "ingest") continue;
    const feeders = topology.stages.filter((s) => s.type !== "ingest" && [...s.next.values()].includes(stage.id));
    const chain = feeders.length === 1 && stage.inputs.length === 1 && !holds(stage.id) ? chainOf.get(feeders[0]!.id) : undefined; // length 1
    const home = chain ?? [];
    if (!chain) chains.push(home);
    home.push(stage.id);
    chainOf.set(stage.id, home);
  }
  return chains;
}
