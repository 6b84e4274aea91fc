import type { Letter } from "@weir/deadletter";
import type { Topology } from "@weir/pipeline";
import { sha256 } from "@weir/service";
import { keyName, type LeftOut } from "@weir/stream";

/** What a letter's stage is to be told when the letter goes anywhere but back to it; null where nothing waits behind it. */
export function leftOutOf({ record: { key }, description: { stage, place, hop } }: Letter, topology: Topology): LeftOut | null {
  const topic = topology.stages.find((s) => s.id === stage)?.replay;
  if (place === null || key === null || hop === null || topic === undefined) return null;
  return { topic, partition: hop.partition, key: keyName(key, sha256), place };
}
