import type { FaultCase, Fire } from "../fault-case.ts";

const ROUNDS = 6;
/** Beyond the session of six seconds that the embedded broker is set to. */
const FROZEN_MS = 9000;

/** Members come and go faster than the group settles. */
async function storm({ join, seen, sleep, random }: Fire): Promise<number> {
  await seen(300);
  for (let round = 0; round < ROUNDS; round++) {
    const more = await join([`gate-${2 + round}`, `inference-${2 + round}`, `router-${1 + round}`]);
    await sleep(500 + random() * 1500);
    await more.stop();
  }
  return ROUNDS;
}

/** More gates than partitions; then those that work go. */
async function crowd({ join, seen, services }: Fire): Promise<number> {
  const more = await join(["gate-2", "gate-3", "gate-4", "gate-5", "gate-6"]);
  await seen(2000);
  for (const slot of ["gate-0", "gate-1"]) await services.replace(slot);
  await seen(5000);
  await more.stop();
  return 5;
}

/** Frozen with a transaction open, until the group has given its partitions to others; then it wakes. */
async function zombie({ world, processes, seen, sleep }: Fire): Promise<number> {
  await seen(500);
  for (const slot of ["gate-0", "inference-0", "gate-1"]) {
    const held = world.proxy.lay({ api: "EndTxn", client: `weir-${slot}`, nth: 3, does: "hold-request" });
    await held.hit;
    processes.signal(slot, "SIGSTOP");
    await sleep(FROZEN_MS);
    held.lift();
    processes.signal(slot, "SIGCONT");
    await sleep(1000);
  }
  return 3;
}

async function busy({ processes, seen, sleep }: Fire): Promise<number> {
  await seen(500);
  for (const slot of ["gate-0", "inference-1"]) processes.signal(slot, "SIGUSR2");
  await sleep(22_000);
  return 2;
}

/** A second process in a slot takes it from the first; both are there for a while. */
async function twins({ processes, seen, sleep }: Fire): Promise<number> {
  await seen(500);
  for (const slot of ["gate-1", "inference-0", "router-0"]) {
    const twin = processes.twin(slot);
    await sleep(8000);
    await twin.kill();
  }
  return 3;
}

export const GROUPS: readonly FaultCase[] = [
  {
    name: "rebalance storm",
    part: "groups",
    how: `${ROUNDS} times three more members join and leave, faster than the groups settle`,
    nodes: 1,
    services: "inside",
    seeds: [1],
    strike: storm,
  },
  {
    name: "more members than partitions",
    part: "groups",
    how: "seven gates for four partitions; those that work are exchanged, then the others go",
    nodes: 1,
    services: "inside",
    seeds: [1],
    strike: crowd,
  },
  {
    name: "zombie",
    part: "groups",
    how: "SIGSTOP with a transaction open and its end on the way, beyond session and hand-over; then SIGCONT, and the end arrives",
    nodes: 1,
    services: "apart",
    seeds: [1],
    strike: zombie,
  },
  {
    name: "busy loop",
    part: "groups",
    how: "two processes compute for 20 s without a break",
    nodes: 1,
    services: "apart",
    busyMs: 20_000,
    seeds: [1],
    strike: busy,
  },
  {
    name: "two processes in one slot",
    part: "groups",
    how: "a second process is started in the slot of one that runs, and killed 8 s later",
    nodes: 1,
    services: "apart",
    seeds: [1],
    strike: twins,
  },
];
