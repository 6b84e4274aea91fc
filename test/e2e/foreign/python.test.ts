import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { run as runGate } from "@weir/gate";
import { createKafkaLog } from "@weir/kafka";
import { createLogger, loadPipeline, systemClock } from "@weir/service";
import { expect, inject, test } from "vitest";
import { writeDoorPipeline } from "../doors/folder.ts";
import { confluentPython } from "./peer.ts";

const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const COUNT = 200;
const PARTITIONS = 2;

interface Seen {
  readonly key: string;
  readonly value: string;
  readonly partition: number;
  readonly headers: readonly (readonly [string, string | null])[];
}

const library = await confluentPython();

async function python(...args: readonly string[]): Promise<readonly unknown[]> {
  const script = fileURLToPath(new URL("client.py", import.meta.url));
  const { stdout } = await promisify(execFile)("python3", [script, ...args], {
    env: { ...process.env, PYTHONPATH: library ?? "" },
    maxBuffer: 64 * 1_048_576,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

test.skipIf(library === null)(
  "Confluent's Python client produces with every compression, and consumes behind the gate what it produced, byte for byte",
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "weir-foreign-"));
    writeDoorPipeline(folder, `foreign-${Date.now().toString(36)}`, PARTITIONS);
    const loaded = loadPipeline(folder, {});
    const address = inject("kafka");
    const connect = () => createKafkaLog({ brokers: [address], clientId: "weir-foreign" });
    {
      await using log = await connect();
      await log.createTopics(loaded.topology.topics);
    }
    const gate = await runGate({
      loaded,
      connect,
      clock: systemClock,
      logger: createLogger({ level: "silent", service: "gate" }),
      slot: "foreign",
      listen: { host: "127.0.0.1", port: 0 },
      transactionTimeoutMs: 10_000,
    });
    try {
      for (const codec of CODECS)
        expect(await python("produce", address, loaded.topology.entryTopic, codec, String(COUNT))).toHaveLength(COUNT);
      const pass = loaded.topology.stages.find((stage) => stage.type === "gate")?.outputs.get("pass") ?? "";
      const seen = (await python("consume", address, pass, String(PARTITIONS), String(CODECS.length * COUNT))) as readonly Seen[];
      expect(new Set(seen.map(({ key }) => key)).size).toBe(CODECS.length * COUNT);
      for (const { key, value, partition, headers } of seen) {
        const [codec = "", n = ""] = key.split("-");
        expect(CODECS).toContain(codec);
        expect(value).toBe(`{ "id":"${key}", "n": ${n}, "note":"${"x".repeat(200)} \\u00e9é" }`);
        expect(headers).toEqual([
          ["python", "1"],
          ["twice", "a"],
          ["twice", "b"],
          ["none", null],
          ["traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
          ["weir.id", key],
        ]);
        expect(partition).toBeLessThan(PARTITIONS);
      }
    } finally {
      await gate.stop();
    }
  },
);
