import { spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts, startEmbedded, type EmbeddedBroker } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, systemClock } from "@weir/service";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ended, serviceIn, startProcess } from "../fleet.ts";
import { weirHere } from "../in-process.ts";
import { smallFlights, type SmallFlights } from "../security/small-flights.ts";
import { missingPrograms, startWatch, type Watch } from "./watch.ts";

const SERVICES = ["ingest", "gate", "inference", "router", "monitor"] as const;
const NAME = "alerting";
const LINES = 400;
/** From the fault to the webhook. */
const FIRES_MS = 30_000;
const RESOLVES_MS = 120_000;
const missing = missingPrograms();
const skipped = missing.length > 0 ? ` (SKIPPED: ${missing.join(", ")} not installed)` : "";

let broker: EmbeddedBroker;
let flights: SmallFlights;
let watch: Watch;
let ports: readonly number[];
const logs = mkdtempSync(path.join(tmpdir(), "weir-alerts-logs-"));
const running = new Map<string, ChildProcess>();

function run(service: (typeof SERVICES)[number]): void {
  const port = ports[SERVICES.indexOf(service)] ?? 0;
  const described = { ...serviceIn(service, `${service}-0`), env: { WEIR_PORT: String(port) } };
  running.set(service, startProcess(described, { pipeline: flights.folder, address: broker.address, logs }));
}

const metricsOf = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
const upNow = async (): Promise<unknown> => {
  const { data } = (await watch.query("/api/v1/query?query=sum(up)")) as { data: { result: { value: [number, string] }[] } };
  return data.result[0]?.value[1];
};

beforeAll(async () => {
  if (missing.length > 0) return;
  flights = smallFlights(NAME, LINES);
  broker = await startEmbedded({ dataDir: path.join(logs, "kafka"), port: 0 });
  await using log = await createKafkaLog({ brokers: [broker.address], clientId: "weir-alerts" });
  await log.createTopics(loadPipeline(flights.folder, {}).topology.topics);
  ports = await freePorts(SERVICES.length);
  for (const service of SERVICES) run(service);
  watch = await startWatch(ports.map((port) => `127.0.0.1:${port}`));
}, 240_000);
afterAll(async () => {
  if (missing.length > 0) return;
  await watch[Symbol.asyncDispose]();
  await Promise.all([...running.values()].map((child) => ended(child, "SIGKILL")));
  await broker.stop();
  flights[Symbol.dispose]();
  rmSync(logs, { recursive: true, force: true });
});

/** Brings about a fault, waits for its alert at the webhook, mends it, waits until the alert is told to be over. */
async function fires(labels: Readonly<Record<string, string>>, strike: () => Promise<void>, mend: () => Promise<void>): Promise<number> {
  const from = watch.told.length;
  const heard = (status: string): boolean =>
    watch.told.slice(from).some((t) => t.status === status && Object.entries(labels).every(([name, value]) => t.labels[name] === value));
  await strike();
  const struck = systemClock.monotonic();
  await expect.poll(() => heard("firing"), { timeout: FIRES_MS, interval: 50 }).toBe(true);
  const ms = systemClock.monotonic() - struck;
  await mend();
  await expect.poll(() => heard("resolved"), { timeout: RESOLVES_MS, interval: 100 }).toBe(true);
  return ms;
}

test.skipIf(missing.length > 0)(
  `Prometheus scrapes all five services, and promtool finds nothing to say about what they measure${skipped}`,
  async () => {
    await expect.poll(upNow, { timeout: 90_000, interval: 250 }).toBe(String(SERVICES.length));
    const produced = await weirHere(["produce", "--pipeline", flights.folder, "--broker", broker.address, "-f", flights.sample, "--end"]);
    expect(produced.code, produced.stderr).toBe(0);
    await expect.poll(() => metricsOf(ports[3] ?? 0), { timeout: 60_000, interval: 250 }).toMatch(/^weir_records_total\{.*\} [1-9]/m);
    for (const [i, service] of SERVICES.entries()) {
      const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: await metricsOf(ports[i] ?? 0), encoding: "utf8" }); // prettier-ignore
      expect({ service, status, stdout, stderr }).toEqual({ service, status: 0, stdout: "", stderr: "" });
    }
  },
);

test.skipIf(missing.length > 0)(`nothing but the watchdog fires where nothing is wrong, and it arrives${skipped}`, async () => {
  await expect.poll(() => watch.told.map((t) => t.labels["alertname"]), { timeout: FIRES_MS }).toContain("WeirWatchdog");
  const calm = ["WeirNoInput", "WeirWatchdog", "WeirWindowQuarantined", "WeirWindowWithoutAnswer", "WeirGateRejecting"];
  const others = async (): Promise<string[]> => (await watch.active()).filter((name) => !calm.includes(name));
  await expect.poll(others, { timeout: RESOLVES_MS, interval: 500 }).toEqual([]); // services that were still starting were down
});

test.skipIf(missing.length > 0)(
  `a service killed, a broker stopped, bad data: each fires its rule at the webhook within 30 s, and it is told when it is over${skipped}`,
  async () => {
    const router = `127.0.0.1:${ports[3]}`;
    const killed = await fires(
      { alertname: "WeirServiceDown", instance: router, severity: "critical" },
      async () => void (await ended(running.get("router") as ChildProcess, "SIGKILL")),
      async () => run("router"),
    );
    const away = await fires(
      { alertname: "WeirBrokerUnreachable", pipeline: NAME, stage: "gate" },
      () => broker.stopNode(1, "clean"),
      () => broker.startNode(1),
    );
    const bad = path.join(flights.folder, "data/bad.ndjson");
    writeFileSync(bad, readFileSync(flights.sample, "utf8").replaceAll(/"distance":\d+/g, '"distance":"far"'));
    const refused = await fires(
      { alertname: "WeirErrorRate", pipeline: NAME, stage: "gate", severity: "critical" },
      async () => {
        const { code, stderr } = await weirHere(["produce", "--pipeline", flights.folder, "--broker", broker.address, "-f", bad, "--rate", "100"]); // prettier-ignore
        expect(code, stderr).toBe(0);
      },
      async () => {},
    );
    console.log(`ms from the fault to the webhook: ${JSON.stringify({ killed, away, refused })}`);
    for (const child of running.values()) expect(child.exitCode).toBeNull(); // a broker away is no reason to end
  },
  600_000,
);
