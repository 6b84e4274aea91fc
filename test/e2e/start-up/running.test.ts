import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import { expect, onTestFinished, test } from "vitest";
import { ROOT, start } from "../command.ts";
import { weirHere } from "../in-process.ts";
import { smallFlights } from "../security/small-flights.ts";

const LINES = 300;
const FLIGHTS = path.join(ROOT, "deploy/pipelines/flights");

/** Markers that Kafka forgot at the stop are written, aloud; a pipeline that stands still for any other reason stays as it is. */
async function finishForgotten(at: readonly string[]): Promise<void> {
  const listed = await weirHere(["transactions", "list", ...at]);
  if (listed.code !== 5) return;
  console.log(`  Kafka forgot a marker when it was stopped:\n${listed.stdout}`);
  const { code, stderr } = await weirHere(["transactions", "finish", "--yes", "--reason", "broker stopped in order", ...at]);
  expect(code, stderr).toBe(0);
}

test("a broker that is restarted while a pipeline runs is waited for: the process lives, and goes on where it was", async () => {
  using flights = smallFlights("restarted", LINES);
  const broker = await startEmbedded({ dataDir: path.join(flights.folder, "kafka"), port: 0 });
  onTestFinished(() => broker.stop());
  const { folder } = flights;
  const { address } = broker;
  const at = ["--pipeline", folder, "--broker", address];
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-restarted" });
  await log.createTopics(loadPipeline(folder, {}).topology.topics);
  const running = start(["run", "gate", "inference", "router", ...at, "--port", "0"]);
  onTestFinished(() => running.signal("SIGKILL"));
  const url = /^weir: gate on (\S+)/m.exec(await running.says("weir: router on"))?.[1];
  const produced = async (...flags: string[]): Promise<void> => {
    const { code, stderr } = await weirHere(["produce", ...at, ...flags]);
    expect(code, stderr).toBe(0);
  };
  await produced("-f", flights.sample);
  const counts = async (): Promise<unknown> =>
    JSON.parse((await weirHere(["audit", "counts", "--json", ...at])).stdout || "null") as unknown;
  const gate = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  await expect.poll(gate, { timeout: 20_000, interval: 100 }).toMatch(/^weir_records_held\{[^}]*\} [1-9]/m);
  await broker.stopNode(1, "clean");
  expect((await weirHere(["status", ...at])).code).toBe(4);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  await broker.startNode(1);
  await finishForgotten(at);
  await produced("-f", flights.chunk(1), "--end");
  await expect
    .poll(counts, { timeout: 120_000, interval: 200 })
    .toMatchObject({ entry: 2 * LINES + 1, held: 0, inFlight: 0, balanced: true });
  running.signal("SIGTERM");
  const { code, stderr } = await running.ended;
  expect(code, stderr).toBe(0);
});

test("told to stop while its sample is on its way, weir up stops", async () => {
  const running = start(["up", FLIGHTS, "--sample", "--broker", "embedded", "--kafka-port", "0", "--port", "0"]);
  await running.says("records of the sample produced");
  running.signal("SIGTERM");
  const { code, stdout, stderr } = await running.ended;
  expect({ code, stdout }, stderr).toEqual({ code: 143, stdout: "" });
  expect(stderr).not.toContain("The gate stopped"); // it had not come to that
});
