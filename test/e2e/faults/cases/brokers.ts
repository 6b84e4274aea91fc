import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { FaultCase, Fire } from "../fault-case.ts";
import { untilReplicated } from "../../rolling/replicas.ts";

const GAP = 2500;

async function restartNode({ world, seen, sleep }: Fire, how: "clean" | "kill", times: number): Promise<number> {
  for (let turn = 0; turn < times; turn++) {
    await seen(GAP * (turn + 1));
    await world.broker.stopNode(1, how);
    await sleep(turn * 1000);
    await world.broker.startNode(1);
  }
  return times;
}

/** Each in turn: every leader and coordinator moves at least once. */
async function restartEach({ world, seen }: Fire, how: "clean" | "kill"): Promise<number> {
  for (let node = 1; node <= world.nodes; node++) {
    await seen(GAP * node);
    await world.broker.stopNode(node, how);
    await world.broker.startNode(node);
    await untilReplicated(world.broker.address);
  }
  return world.nodes;
}

/** No file of the broker may grow beyond its largest log: it cannot write, takes its only disk for broken, and ends. */
async function fillDisk({ world, seen, sleep }: Fire, times: number): Promise<number> {
  for (let turn = 0; turn < times; turn++) {
    await seen(GAP * (turn + 1));
    const logs = readdirSync(path.join(world.folder, "kafka"), { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".log"));
    const largest = Math.max(...logs.map((file) => statSync(path.join(world.folder, "kafka", file)).size));
    const [pid = 0] = world.broker.pids;
    execFileSync("prlimit", [`--fsize=${largest}`, `--pid=${pid}`]);
    while (world.broker.pids.length > 0) await sleep(100);
    await sleep(1000);
    await world.broker.startNode(1); // a process of its own has no such limit: there is room again
  }
  return times;
}

/** Where Debian's package puts the one for programs with threads; absent elsewhere. */
const FAKETIME = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
  .map((machine) => `/usr/lib/${machine}/faketime/libfaketimeMT.so.1`)
  .find((file) => existsSync(file));

/** The broker's time of day is wrong from its next start on; what it measures is right. */
async function turnBrokerClock({ world, seen }: Fire, offsets: readonly string[]): Promise<number> {
  for (const [turn, offset] of offsets.entries()) {
    await seen(GAP * (turn + 1));
    await world.broker.stopNode(1, "clean");
    const fake = { LD_PRELOAD: FAKETIME, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: "1", FAKETIME_FORCE_MONOTONIC_FIX: "0" }; // waits stay right
    if (offset !== "") Object.assign(process.env, fake); // what the broker inherits
    try {
      await world.broker.startNode(1);
    } finally {
      for (const name of Object.keys(fake)) delete process.env[name];
    }
  }
  return offsets.length;
}

export const BROKERS: readonly FaultCase[] = [
  {
    name: "broker restarts",
    part: "brokers",
    how: "the only broker is stopped in order and started again, twice",
    nodes: 1,
    services: "inside",
    seeds: [1],
    strike: (fire) => restartNode(fire, "clean", 2),
  },
  {
    name: "broker is killed",
    part: "brokers",
    how: "kill -9 of the only broker, then a start, three times",
    nodes: 1,
    services: "inside",
    seeds: [1],
    strike: (fire) => restartNode(fire, "kill", 3),
  },
  {
    name: "each of three restarts",
    part: "brokers",
    how: "each of three brokers is stopped in order and started again: all leaders, group and transaction coordinators move",
    nodes: 3,
    services: "inside",
    seeds: [1],
    strike: (fire) => restartEach(fire, "clean"),
  },
  {
    name: "each of three is killed",
    part: "brokers",
    how: "kill -9 of each of three brokers, then a start",
    nodes: 3,
    services: "inside",
    seeds: [1],
    strike: (fire) => restartEach(fire, "kill"),
  },
  {
    name: "disk full",
    part: "brokers",
    how: "no file of the broker may grow any more: it ends, and is started when there is room again, twice",
    nodes: 1,
    services: "inside",
    seeds: [1],
    strike: (fire) => fillDisk(fire, 2),
  },
  ...(FAKETIME === undefined
    ? [] // told by the table, which has no such row then
    : [
        {
          name: "broker's clock is wrong",
          part: "brokers",
          how: "the broker is restarted with a clock an hour ahead, then one an hour behind, then the right one (libfaketime)",
          nodes: 1,
          services: "inside",
          seeds: [1],
          strike: (fire: Fire) => turnBrokerClock(fire, ["+3600", "-3600", ""]),
        } as const,
      ]),
];
