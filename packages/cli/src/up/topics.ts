import type { Topology } from "@weir/pipeline";
import type { Log } from "@weir/stream";

/** Creates the pipeline's topics: only on a broker of our own. */
export async function createTopics(log: Log, topology: Topology, replicationFactor: number): Promise<void> {
  await log.createTopics(topology.topics.map(({ name, partitions, configs }) => ({ name, partitions, configs, replicationFactor })));
}
