import type { Weather } from "@weir/testkit";
import type { FaultCase, Fire } from "../fault-case.ts";

async function under({ world, seen, sleep }: Fire, weather: Partial<Weather>, ms: number): Promise<number> {
  await seen(500);
  world.proxy.weather(weather);
  await sleep(ms);
  world.proxy.clear();
  return 1;
}

const WEATHER: readonly (readonly [string, string, Partial<Weather>, number])[] = [
  ["requests are lost", "nothing reaches the broker for 5 s, connections stay", { lost: { toBroker: true, toClient: false } }, 5000],
  ["answers are lost", "nothing comes from the broker for 5 s, connections stay", { lost: { toBroker: false, toClient: true } }, 5000],
  ["blackhole", "nothing comes through for 5 s, connections stay", { lost: { toBroker: true, toClient: true } }, 5000],
  ["slow and shaky", "300 ms each way and a reset for one answer in a hundred, for 20 s", { latencyMs: 300, resetChance: 0.01 }, 20_000],
  ["narrow", "64 kB/s each way and connection, for 20 s", { bytesPerSecond: 65_536 }, 20_000],
];

export const NETWORK: readonly FaultCase[] = WEATHER.map(([name, how, weather, ms]): FaultCase => ({
  name,
  part: "network",
  how,
  nodes: 1,
  services: "inside",
  seeds: [1],
  strike: (fire) => under(fire, weather, ms),
}));
