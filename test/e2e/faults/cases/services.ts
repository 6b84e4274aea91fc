import type { FaultCase, Fire } from "../fault-case.ts";

const HOUR_MS = 3_600_000;

/** Every slot in order, `rounds` times. */
async function exchangeAll({ services, seen }: Fire, rounds: number): Promise<number> {
  await seen(500);
  for (let round = 0; round < rounds; round++) for (const slot of services.slots) await services.replace(slot);
  return rounds * services.slots.length;
}

async function termAtOnce({ services, seen }: Fire): Promise<number> {
  await seen(1000);
  await Promise.all(services.slots.map((slot) => services.replace(slot)));
  await seen(4000);
  return services.slots.length;
}

export const SERVICES: readonly FaultCase[] = [
  {
    name: "SIGTERM under load",
    part: "services",
    how: "all processes get SIGTERM at once while records flow, and new ones take their slots; all must end with 0",
    nodes: 1,
    services: "apart",
    seeds: [1],
    strike: async (fire) => ((await termAtOnce(fire)) > 0 && fire.services.endings.length === 0 ? 5 : 0),
  },
  {
    name: "rolling update",
    part: "services",
    how: "one process after the other gets SIGTERM and a successor in its slot, twice; all must end with 0",
    nodes: 1,
    services: "apart",
    seeds: [1],
    strike: async (fire) => ((await exchangeAll(fire, 2)) > 0 && fire.services.endings.length === 0 ? 10 : 0),
  },
  {
    name: "wrong clocks",
    part: "services",
    how: "one service's clock is an hour ahead, one an hour behind, one jumps by a minute every second",
    nodes: 1,
    services: "inside",
    seeds: [1],
    skewOf: (slot) => {
      if (slot.startsWith("gate")) return () => HOUR_MS;
      if (slot.startsWith("inference")) return () => -HOUR_MS;
      return (now) => (Math.floor(now / 1000) % 2 === 0 ? 60_000 : -60_000);
    },
    strike: async ({ seen }) => {
      await seen(6000);
      return 1;
    },
  },
];
