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
];
