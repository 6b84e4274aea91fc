import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { systemClock, type LoadedPipeline } from "@weir/service";
import { createRandom } from "@weir/testkit";
import { waitForEnds } from "../ends.ts";
import type { FaultCase, Fire } from "./fault-case.ts";
import { judge, SPOTLESS, verdictsOf, witnessed, type Judgement } from "./judge.ts";
import { follow, type Follower } from "./kcat.ts";
import { startApart, type Processes } from "./services-apart.ts";
import { startInside } from "./services-inside.ts";
import { SLOTS, type Services } from "./services.ts";
import { skewed } from "./skewed-clock.ts";
import { makePipeline, produce } from "./workload.ts";
import type { World } from "./world.ts";

export interface CaseResult {
  readonly name: string;
  readonly seed: number;
  readonly holds: boolean;
  /** How often the fault was brought about. */
  readonly strikes: number;
  readonly produced: number;
  readonly seconds: number;
  readonly judgement: Judgement;
  readonly restarts: number;
  readonly endings: readonly string[];
  /** What the processes logged of rejections that nobody handled. */
  readonly unhandled: number;
}

const RECORDS = 8000;
const RATE = 1000;
/** Longest silence at the ends after everything was produced: an unanswered request costs 15 s, and what follows may, too. */
const SILENCE_MS = 60_000;
const LOOK_MS = 100;
const SEEN_WITHIN_MS = 90_000;

export interface Ran {
  readonly result: CaseResult;
  /** Of all windows, sorted. */
  readonly verdicts: readonly string[];
}

/** One run of a fault: records flow, it strikes, everything is waited for, and a reader that is not ours judges. */
export async function runCase(world: World, of: FaultCase, seed: number): Promise<Ran> {
  const { records = RECORDS, rate = RATE } = of;
  const startedAt = systemClock.monotonic();
  const loaded = await makePipeline(world.log, world.folder, world.nextName(), world.nodes);
  const follower = follow(world.broker.address, witnessed(loaded), `witness-${loaded.pipeline.name}`);
  const logs = path.join(world.folder, `${loaded.pipeline.name}-logs`);
  mkdirSync(logs);
  const deployment = await deploy(world, of, loaded, seed, logs);
  try {
    const fire = fireOf({ world, loaded, seed, follower, deployment });
    let striking = true;
    const strike = of.strike(fire).finally(() => (striking = false));
    const [produced, strikes] = await Promise.all([produce(world.log, loaded, { seed, records, rate }, () => striking), strike]);
    world.proxy.clear();
    await waitForEnds(world.log, loaded.topology, produced, SILENCE_MS);
    const { judgement } = await judge({ log: world.log, address: world.broker.address, loaded, seed, produced, follower });
    await deployment.services.stop();
    const result = {
      name: of.name,
      seed,
      holds: strikes > 0 && JSON.stringify(judgement) === JSON.stringify(SPOTLESS),
      strikes,
      produced,
      seconds: Math.round((systemClock.monotonic() - startedAt) / 1000),
      judgement,
      restarts: deployment.services.restarts,
      endings: deployment.services.endings,
      unhandled: unhandledIn(logs),
    };
    return { result, verdicts: await verdictsOf(world.log, loaded) };
  } finally {
    world.proxy.clear();
    follower.stop();
    await deployment.services.stop();
  }
}

interface Deployment {
  readonly services: Services;
  readonly processes: Processes | null;
  join(slots: readonly string[]): Promise<Services>;
}

async function deploy(world: World, of: FaultCase, loaded: LoadedPipeline, seed: number, logs: string): Promise<Deployment> {
  const { address } = world.proxy;
  if (of.services === "inside") {
    const { skewOf } = of;
    const inside = (slots: readonly string[]): Promise<Services> =>
      startInside({ loaded, address, slots, ...(skewOf && { clockOf: (slot) => skewed(systemClock, skewOf(slot)) }) });
    return { services: await inside(SLOTS), processes: null, join: inside };
  }
  const processes = startApart({
    pipeline: loaded.folder,
    address,
    slots: SLOTS,
    logs,
    ...(of.crashes && { crashes: of.crashes(createRandom(seed)) }),
    ...(of.busyMs !== undefined && { busyMs: of.busyMs }),
  });
  return {
    services: processes,
    processes,
    join: (slots) => Promise.resolve(startApart({ pipeline: loaded.folder, address, slots, logs })),
  };
}

interface FireSetup {
  readonly world: World;
  readonly loaded: LoadedPipeline;
  readonly seed: number;
  readonly follower: Follower;
  readonly deployment: Deployment;
}

function fireOf({ world, loaded, seed, follower, deployment }: FireSetup): Fire {
  return {
    world,
    loaded,
    seed,
    random: createRandom(seed * 7919),
    services: deployment.services,
    get processes() {
      if (!deployment.processes) throw new Error("this case has services, not processes");
      return deployment.processes;
    },
    join: (slots) => deployment.join(slots),
    sleep: (ms) => systemClock.sleep(ms),
    seen: async (records) => {
      const until = systemClock.monotonic() + SEEN_WITHIN_MS;
      while (follower.seen.count < records) {
        if (systemClock.monotonic() > until)
          throw new Error(`${follower.seen.count} of ${records} records came out in ${SEEN_WITHIN_MS} ms`);
        await systemClock.sleep(LOOK_MS);
      }
    },
  };
}

/** What processes logged of rejections that nobody handled. */
export function unhandledIn(folder: string): number {
  return readdirSync(folder)
    .map((file) => readFileSync(path.join(folder, file), "utf8").split(/unhandled/i).length - 1)
    .reduce((sum, n) => sum + n, 0);
}
