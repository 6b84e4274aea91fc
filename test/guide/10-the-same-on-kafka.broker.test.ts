import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { laneKey } from "@weir/record";
import { loadPipeline, systemClock, type LoadedPipeline } from "@weir/service";
import { expect, inject, test } from "vitest";
import { EXPECTED, playInto, startPipeline } from "./flights-run.ts";
import { flights, sample } from "./flights.ts";

// The same services, the same records, the same counts: only the log is Kafka now, and what became visible did so in
// transactions that any Kafka client can see.

/** The flights pipeline under a name of its own: the broker is shared with other tests. */
function flightsNamed(name: string): LoadedPipeline {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), "weir-guide-")), name);
  cpSync(flights.folder, folder, { recursive: true });
  const file = path.join(folder, "pipeline.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("name: flights", `name: ${name}`).replaceAll("flights.gate.quarantine", `${name}.gate.quarantine`),
  );
  return loadPipeline(folder, {});
}

test("two weeks of flights over Kafka end where they ended in memory", async () => {
  const loaded = flightsNamed(`guide-${Date.now().toString(36)}`);
  const { name } = loaded.pipeline;
  const connect = () => createKafkaLog({ brokers: [inject("kafka")], clientId: "weir-guide" });
  await using log = await connect();
  await log.createTopics(loaded.topology.topics);
  await using _running = await startPipeline(loaded, connect);
  await playInto(loaded, log, sample());
  const counts = new Map<string, number>();
  const partitions = Array.from({ length: loaded.pipeline.partitions }, (_, partition) => partition);
  const positions = Object.keys(EXPECTED).flatMap((topic) =>
    partitions.map((partition) => ({ topic: `${name}.${topic}`, partition, offset: 0 })),
  );
  await using fetcher = log.fetcher();
  const deadline = systemClock.monotonic() + 60_000;
  const sum = (): number => [...counts.values()].reduce((all, count) => all + count, 0);
  while (sum() < sample().length && systemClock.monotonic() < deadline) {
    const { batches } = await fetcher.fetch(positions, 500);
    for (const batch of batches) {
      counts.set(batch.topic, (counts.get(batch.topic) ?? 0) + batch.count);
      const at = positions.find((p) => laneKey(p) === laneKey(batch));
      if (at) at.offset = batch.nextOffset;
    }
  }
  expect(Object.fromEntries(Object.keys(EXPECTED).map((topic) => [topic, counts.get(`${name}.${topic}`) ?? 0]))).toEqual(EXPECTED);
});
