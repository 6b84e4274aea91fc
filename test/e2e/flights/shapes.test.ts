import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { laneKey, recordAt, type Header } from "@weir/record";
import { loadPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { ROOT, start, weir } from "../command.ts";
import { serviceIn, startFleet } from "../fleet.ts";

const FLIGHTS = path.join(ROOT, "deploy/pipelines/flights");
const { pipeline, topology } = loadPipeline(FLIGHTS, {});
/** Where records end; the topics between stages are not written by a fused chain. */
const ENDS = ["flights.gate.quarantine", "flights.route.auto", "flights.route.review", "flights.route.manual", "flights.dlq"];
const TOTAL = 12_222 + 896;

type Shape = (address: string) => { stop(): Promise<void> };

/** The sample, then a day with damaged records, so that all ends get some. */
function inputFile(): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), "weir-shapes-")), "records.ndjson");
  writeFileSync(file, gunzipSync(readFileSync(path.join(FLIGHTS, "data/sample.ndjson.gz"))));
  appendFileSync(file, gunzipSync(readFileSync(path.join(FLIGHTS, "data/corrupt/2013-02-05-distance-as-text.ndjson.gz"))));
  return file;
}

async function outputsOf(shape: Shape, input: string): Promise<Record<string, string[]>> {
  const broker = await startEmbedded({ dataDir: mkdtempSync(path.join(tmpdir(), "weir-shape-")), port: 0 });
  try {
    await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-shapes" });
    await log.createTopics(topology.topics);
    const running = shape(broker.address);
    const produced = await weir(["produce", "--pipeline", FLIGHTS, "-f", input, "--end", "--broker", broker.address]);
    expect(produced.code, produced.stderr).toBe(0);
    const outputs = await readEnds(log);
    await running.stop();
    return outputs;
  } finally {
    await broker.stop();
  }
}

async function readEnds(log: Log): Promise<Record<string, string[]>> {
  const positions = ENDS.flatMap((topic) =>
    Array.from({ length: pipeline.partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
  );
  const outputs: Record<string, string[]> = Object.fromEntries(positions.map((p) => [laneKey(p), []]));
  await using fetcher = log.fetcher();
  const deadline = Date.now() + 60_000;
  for (let count = 0; count < TOTAL && Date.now() < deadline;) {
    for (const batch of (await fetcher.fetch(positions, 500)).batches) {
      const at = positions.find((p) => laneKey(p) === laneKey(batch));
      if (at) at.offset = batch.nextOffset;
      count += batch.count;
      for (let row = 0; row < batch.count; row++) {
        const { key, value, headers } = recordAt(batch, row);
        outputs[laneKey(batch)]?.push(JSON.stringify([hex(key), hex(value), headers.flatMap(comparable)]));
      }
    }
  }
  return outputs;
}

function hex(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("latin1");
}

/**
 * All but times and the coordinates of the last hop, which differ between the shapes. Of the origin only topic and partition
 * count: markers of the producer's transactions fall between other records in every run.
 */
function comparable({ key, value }: Header): [string, string | null][] {
  if (key.startsWith("__dlq.errors.") || key === "weir.dlq.failed-at" || key === "weir.dlq.first-failed-at") return [];
  const text = hex(value);
  return [[key, key === "weir.dlq.origin" ? (text ?? "").replace(/\/\d+\/\d+$/, "") : text]];
}

const up =
  (...flags: string[]): Shape =>
  (address) => {
    const running = start(["up", FLIGHTS, "--broker", address, "--port", "0", ...flags]);
    return {
      stop: async () => {
        running.signal("SIGTERM");
        expect((await running.ended).code).toBe(143);
      },
    };
  };

const fiveProcesses: Shape = (address) => {
  const services = ["ingest", "gate", "inference", "router", "monitor"] as const;
  return startFleet({
    pipeline: FLIGHTS,
    address,
    logs: mkdtempSync(path.join(tmpdir(), "weir-five-")),
    processes: services.map((service) => serviceIn(service, `${service}-0`)),
  });
};

/** The first record that differs says more than eleven thousand lines. */
function expectSame(outputs: Record<string, string[]>, reference: Record<string, string[]>): void {
  for (const topic of Object.keys(reference)) {
    const [mine = [], theirs = []] = [outputs[topic], reference[topic]];
    const at = theirs.findIndex((record, i) => record !== mine[i]);
    if (at >= 0) expect(mine[at], `${topic}, record ${at}`).toBe(theirs[at]);
    expect(mine.length, topic).toBe(theirs.length);
  }
}

test("five services in one process, five processes and a fused chain write the same bytes in the same order", async () => {
  const input = inputFile();
  const reference = await outputsOf(up(), input);
  expect(Object.values(reference).reduce((n, list) => n + list.length, 0)).toBe(TOTAL);
  expectSame(await outputsOf(up("--fused"), input), reference);
  expectSame(await outputsOf(fiveProcesses, input), reference);
});
