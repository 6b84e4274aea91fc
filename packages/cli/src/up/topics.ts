import { WeirError } from "@weir/record";
import type { Topology } from "@weir/pipeline";
import type { Log } from "@weir/stream";

/** Creates the pipeline's topics: only on a broker of our own. */
export async function createTopics(log: Log, topology: Topology, replicationFactor: number): Promise<void> {
  await log.createTopics(topology.topics.map(({ name, partitions, configs }) => ({ name, partitions, configs, replicationFactor })));
}

/** On somebody else's broker Weir creates nothing by itself: it says what is missing or has another number of partitions. */
export async function verifyTopics(log: Log, topology: Topology, address: string): Promise<void> {
  const found = await log.partitions(topology.topics.map((t) => t.name));
  const wrong = topology.topics.filter((t) => found.get(t.name) !== t.partitions);
  if (wrong.length === 0) return;
  const list = wrong.map(
    (t) =>
      `${t.name} (${found.has(t.name) ? `has ${found.get(t.name)} partitions, needs ${t.partitions}` : `missing, needs ${t.partitions} partitions`})`,
  );
  throw new WeirError(
    {
      code: "WEIR-6006",
      what: `${wrong.length} topics are not as the pipeline needs them`,
      where: `broker ${address}`,
      why: list.join(", "),
      fix: "create them with Kafka's tools, or let Weir use a broker of its own (leave out --broker)",
    },
    { exitCode: 4 },
  );
}
