import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts } from "@weir/broker";
import { systemClock } from "@weir/service";
import { parse, stringify } from "yaml";
import { ROOT } from "../command.ts";
import { ended } from "../fleet.ts";

/** Every time of the shipped files is divided by it: 15 s between two scrapes become half a second. */
const FASTER = 30;
const READY_MS = 60_000;

/** Debian's names of the two. */
const PROGRAMS = ["prometheus", "prometheus-alertmanager", "promtool"];

/** Programs that this machine does not have. */
export function missingPrograms(): string[] {
  return PROGRAMS.filter((program) => spawnSync(program, ["--version"]).status !== 0);
}

/** An alert as Alertmanager's webhook tells it. */
export interface Told {
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
}

export interface Watch extends AsyncDisposable {
  /** Everything that the webhook was sent, in order. */
  readonly told: readonly Told[];
  /** Of Prometheus' HTTP API. */
  query(address: string): Promise<unknown>;
  /** Names of the alerts that Alertmanager has now and mutes for no other. */
  active(): Promise<string[]>;
}

/** A real Prometheus with the shipped rules, a real Alertmanager with the shipped routes, and a webhook behind it. */
export async function startWatch(targets: readonly string[]): Promise<Watch> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-alerts-"));
  const [prometheus = 0, alertmanager = 0] = await freePorts(2);
  const told: Told[] = [];
  const webhook = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("end", () => {
      told.push(...(JSON.parse(Buffer.concat(pieces).toString()) as { alerts: Told[] }).alerts);
      response.end();
    });
  });
  await new Promise<void>((resolve) => void webhook.listen(0, "127.0.0.1", resolve));
  const hook = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  writeFileSync(path.join(folder, "weir.rules.yaml"), faster(read("prometheus/weir.rules.yaml")));
  writeFileSync(path.join(folder, "alertmanager.yaml"), withWebhook(faster(read("alertmanager/alertmanager.yaml")), hook));
  writeFileSync(
    path.join(folder, "prometheus.yaml"),
    faster(read("prometheus/prometheus.yaml"))
      .replace("alertmanager:9093", `127.0.0.1:${alertmanager}`)
      .replace(/targets: \["ingest:.*\]/, `targets: ${JSON.stringify(targets)}`),
  );
  const children = [
    program("prometheus-alertmanager", folder, [
      "--config.file=alertmanager.yaml",
      "--storage.path=alertmanager",
      `--web.listen-address=127.0.0.1:${alertmanager}`,
      "--cluster.listen-address=",
    ]),
    program("prometheus", folder, [
      "--config.file=prometheus.yaml",
      "--storage.tsdb.path=prometheus",
      "--rules.alert.resend-delay=2s", // its default is a minute
      `--web.listen-address=127.0.0.1:${prometheus}`,
    ]),
  ];
  const get = async (port: number, address: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}${address}`)).json();
  const watch: Watch = {
    told,
    query: (address) => get(prometheus, address),
    active: async () =>
      ((await get(alertmanager, "/api/v2/alerts?inhibited=false")) as Told[]).map(({ labels }) => labels["alertname"] ?? "").sort(),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map((child) => ended(child, "SIGTERM")));
      webhook.closeAllConnections();
      webhook.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  for (const port of [alertmanager, prometheus]) await untilReady(port, folder);
  return watch;
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, "deploy", file), "utf8");
}

/** `[10m]`, `for: 5m` and the intervals of a file, a thirtieth of what they are. */
function faster(text: string): string {
  const scaled = (time: string): string => {
    const [, number = "", unit = ""] = /^(\d+)([smhd])$/.exec(time) ?? [];
    return `${(Number(number) * 1000 * { s: 1, m: 60, h: 3600, d: 86_400 }[unit as "s" | "m" | "h" | "d"]) / FASTER}ms`;
  };
  return text
    .replaceAll(/\[(\d+[smhd])\]/g, (_, time: string) => `[${scaled(time)}]`)
    .replaceAll(
      /\b(for|scrape_interval|evaluation_interval|group_wait|group_interval|repeat_interval): (\d+[smhd])\b/g,
      (_, name: string, time: string) => `${name}: ${scaled(time)}`,
    );
}

function withWebhook(config: string, url: string): string {
  const read = parse(config) as { receivers: { name: string }[] };
  return stringify({ ...read, receivers: read.receivers.map((r) => ({ ...r, webhook_configs: [{ url, send_resolved: true }] })) });
}

function program(name: string, folder: string, args: readonly string[]): ChildProcess {
  const log = openSync(path.join(folder, "log"), "a");
  return spawn(name, args, { cwd: folder, stdio: ["ignore", log, log] });
}

async function untilReady(port: number, folder: string): Promise<void> {
  for (const end = systemClock.monotonic() + READY_MS; systemClock.monotonic() < end; await systemClock.sleep(50)) {
    const answer = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null);
    if (answer?.status === 200) return;
  }
  throw new Error(`not ready: ${readFileSync(path.join(folder, "log"), "utf8")}`);
}
