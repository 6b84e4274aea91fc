import { systemClock } from "@weir/service";
import type { Processes } from "../faults/services-apart.ts";
import type { World } from "../faults/world.ts";
import { APIS, pick, type Kind } from "./plan.ts";

export interface Target {
  readonly world: World;
  readonly processes: Processes;
  /** Slots whose processes may end; the others live through everything, so that what they use can be watched. */
  readonly mortal: readonly string[];
  readonly random: () => number;
}

const HELD_MS = 3000;
/** The embedded broker gives a start a minute. */
const START_ATTEMPTS = 5;
/** A process that has lived so long knows what a signal means. */
const UP_MS = 30_000;
/** On both sides of the session of six seconds. */
const FROZEN_MS = [1000, 9000] as const;

/** One fault of a kind, from its beginning to its end. */
export const STRIKES: Readonly<Record<Kind, (target: Target) => Promise<void>>> = {
  "answer cut": (target) => onFrame(target, "cut-answer"),
  "answer lost": (target) => onFrame(target, "lose-answer"),
  "request cut": (target) => onFrame(target, "cut-request"),
  "request held": (target) => onFrame(target, "hold-request"),
  "all connections cut": ({ world }) => Promise.resolve(world.proxy.cutAll()),
  "slow network": (target) => weather(target, { latencyMs: 300, resetChance: 0.01 }),
  "narrow network": (target) => weather(target, { bytesPerSecond: 65_536 }),
  "one-way loss": (target) => {
    const toBroker = target.random() < 0.5;
    return weather(target, { lost: { toBroker, toClient: !toBroker } });
  },
  "process killed": ({ processes, mortal, random }) => processes.kill(pick(random, mortal)),
  "process replaced": async ({ processes, mortal, random }) => {
    const slot = pick(random, mortal);
    if (isUp(processes, slot)) await processes.replace(slot); // before, a signal ends it where it has not yet said what to do then
  },
  "process frozen": async ({ processes, random }) => {
    const slot = pick(random, processes.slots);
    processes.signal(slot, "SIGSTOP");
    await systemClock.sleep(between(random, ...FROZEN_MS));
    processes.signal(slot, "SIGCONT");
  },
  "process busy": ({ processes, random }) => {
    const slot = pick(random, processes.slots);
    if (isUp(processes, slot)) processes.signal(slot, "SIGUSR2");
    return Promise.resolve();
  },
  "broker restarted": (target) => restart(target, "clean"),
  "broker killed": (target) => restart(target, "kill"),
};

async function onFrame(
  { world, processes, random }: Target,
  does: "cut-answer" | "lose-answer" | "cut-request" | "hold-request",
): Promise<void> {
  const fault = { api: pick(random, APIS), client: `weir-${pick(random, processes.slots)}`, nth: 1 + Math.floor(random() * 5), does };
  const laid = world.proxy.lay({ ...fault, ...(does === "hold-request" && { ms: between(random, 100, HELD_MS) }) });
  await Promise.race([laid.hit, systemClock.sleep(HELD_MS)]); // what is asked for only in need may come later
}

async function weather({ world, random }: Target, weathered: Parameters<World["proxy"]["weather"]>[0]): Promise<void> {
  world.proxy.weather(weathered);
  await systemClock.sleep(between(random, 1000, 6000));
  world.proxy.weather({});
}

async function restart({ world, random }: Target, how: "clean" | "kill"): Promise<void> {
  const node = 1 + Math.floor(random() * world.nodes);
  await world.broker.stopNode(node, how);
  for (let attempt = 1; ; attempt++) {
    try {
      return await world.broker.startNode(node);
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error; // a machine that is short of everything is not the fault that is looked for
    }
  }
}

function isUp(processes: Processes, slot: string): boolean {
  return processes.ageMs(slot) > UP_MS;
}

function between(random: () => number, low: number, high: number): number {
  return low + random() * (high - low);
}
