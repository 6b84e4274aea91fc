import { systemClock } from "@weir/service";
import type { Fault } from "@weir/testkit";
import { CRASH_POINTS, type CrashPoint } from "../crash-points.ts";
import type { FaultCase, Fire } from "../fault-case.ts";
import { SLOTS } from "../services.ts";

const SEEDS = [1, 2, 3];
/** Each process dies so often at its point. */
const LIVES = 2;
const DEATHS_MS = 120_000;
/** At the latest at this pass of the point. */
const LATEST_PASS = 12;

const SAID: Readonly<Record<CrashPoint, string>> = {
  "after-fetch": "when a fetch has brought records",
  "in-stage": "when the stage has taken records in and told nobody what it decided",
  "after-begin": "when a transaction has begun",
  "before-commit": "when a commit is asked for, nothing of it sent",
  "after-commit": "when a commit was acknowledged and nobody told",
};

const fromInside = CRASH_POINTS.map((point): FaultCase => ({
  name: `kill ${point}`,
  part: "kill points",
  how: `every process kills itself ${LIVES} times ${SAID[point]}`,
  nodes: 1,
  services: "apart",
  seeds: SEEDS,
  crashes: (random) =>
    new Map(SLOTS.map((slot) => [slot, Array.from({ length: LIVES }, () => `${point}:${1 + Math.floor(random() * LATEST_PASS)}`)])),
  strike: async ({ services }) => {
    const died = (): number => services.endings.filter((end) => end.endsWith("SIGKILL")).length;
    // Records flow until all have died as often as they were told to, however slowly they start.
    for (const until = systemClock.monotonic() + DEATHS_MS; died() < SLOTS.length * LIVES; await systemClock.sleep(100))
      if (systemClock.monotonic() > until) break;
    return died();
  },
}));

interface BetweenRequests {
  readonly name: string;
  readonly how: string;
  readonly fault: Pick<Fault, "api" | "does">;
}

const BETWEEN: readonly BetweenRequests[] = [
  {
    name: "kill after-send",
    how: "the request with the offsets is held: everything is sent, nothing else; then SIGKILL",
    fault: { api: "TxnOffsetCommit", does: "hold-request" },
  },
  {
    name: "kill after-offsets",
    how: "the request that ends the transaction is held: records and offsets are there; then SIGKILL",
    fault: { api: "EndTxn", does: "hold-request" },
  },
  {
    name: "kill commit-unanswered",
    how: "the broker has committed, its answer is lost; then SIGKILL",
    fault: { api: "EndTxn", does: "lose-answer" },
  },
];

/** One process after the other dies at the frame. */
async function killAtFrame({ world, services, random }: Fire, fault: BetweenRequests["fault"]): Promise<number> {
  for (const slot of services.slots) {
    const laid = world.proxy.lay({ ...fault, client: `weir-${slot}`, nth: 1 + Math.floor(random() * LATEST_PASS) });
    await laid.hit;
    await services.kill(slot);
    laid.lift();
  }
  return services.slots.length;
}

export const KILL_POINTS: readonly FaultCase[] = [
  ...fromInside,
  ...BETWEEN.map(({ name, how, fault }): FaultCase => ({
    name,
    part: "kill points",
    how,
    nodes: 1,
    services: "apart",
    seeds: SEEDS,
    strike: async (fire) => {
      await fire.seen(500);
      return killAtFrame(fire, fault);
    },
  })),
];
