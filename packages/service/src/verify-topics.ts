import { rightsOf, topicsOf, type Role, type Topology } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import type { Log } from "@weir/stream";
import type { LoadedPipeline } from "./load-pipeline.ts";

/** Topics that the services use: least rights may not even show them the others. */
export function topicsOfServices({ pipeline, topology }: LoadedPipeline, names: readonly Role[]): Topology["topics"] {
  const own = topicsOf(rightsOf(pipeline, topology), names);
  return topology.topics.filter((t) => own.has(t.name));
}

/** On somebody else's broker Weir creates nothing by itself: it says what is missing or has another number of partitions. */
export async function verifyTopics(log: Log, topics: Topology["topics"], address: string): Promise<void> {
  const found = await log.partitions(topics.map((t) => t.name));
  const wrong = topics.filter((t) => found.get(t.name) !== t.partitions);
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
      fix: "create them with weir apply, or let Weir use a broker of its own (leave out --broker)",
    },
    { exitCode: 4 },
  );
}
