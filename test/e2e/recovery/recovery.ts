import { mkdirSync } from "node:fs";
import path from "node:path";
import { loadPipeline, systemClock, type LoadedPipeline } from "@weir/service";
import { writeW1Pipeline } from "@weir/testkit";
import { endTopics, waitForEnds } from "../ends.ts";
import { follow } from "../faults/kcat.ts";
import { startApart, type Processes } from "../faults/services-apart.ts";
import { SLOTS } from "../faults/services.ts";
import { PARTITIONS, produce } from "../faults/workload.ts";
import { openWorld, type World } from "../faults/world.ts";
import { pick } from "../soak/plan.ts";
import { watchLag } from "./lag-watch.ts";

export interface RecoveryOptions {
  readonly kills: number;
  readonly restarts: number;
  readonly seed: number;
  readonly random: () => number;
  readonly note: (line: string) => void;
}

export interface Recovery {
  /** Records a second that the pipeline did when it had all it could take. */
  readonly capacity: number;
  readonly rate: number;
  /** The longest that a record was under way while nothing was wrong. */
  readonly calmMs: number;
  /** Seconds, one a strike. */
  readonly afterKill: readonly number[];
  readonly afterRestart: readonly number[];
}

const BURST = 100_000;
const SILENCE_MS = 120_000;
const CALM_MS = 20_000;

export async function measureRecovery({ kills, restarts, seed, random, note }: RecoveryOptions): Promise<Recovery> {
  await using world = await openWorld(1, seed);
  const address = world.broker.address;
  const capacity = await measureCapacity(world, seed);
  const rate = Math.max(10, Math.floor(capacity / 2));
  note(`${capacity} records/s at most; measured at ${rate}`);
  const loaded = await makeSwift(world, "steady");
  const processes = start(world, loaded);
  const follower = follow(address, endTopics(loaded.topology), "witness");
  const watch = watchLag(() => follower.seen.count);
  let over = false;
  const producing = produce(world.log, loaded, { seed, records: 0, rate, onProduced: (total) => watch.produced(total) }, () => !over);
  producing.catch(() => {}); // awaited below
  const times = async (count: number, strike: () => Promise<void>): Promise<number[]> => {
    const seconds: number[] = [];
    for (let i = 0; i < count; i++) {
      const from = systemClock.monotonic();
      await strike();
      const struck = (systemClock.monotonic() - from) / 1000;
      seconds.push(struck + (await watch.untilCaughtUp()));
      note(`${seconds.at(-1)?.toFixed(1)} s`);
    }
    return seconds;
  };
  try {
    while (follower.seen.count === 0) await systemClock.sleep(200);
    await systemClock.sleep(CALM_MS); // what waited for the processes has gone, and they are warm
    const calmMs = await watch.learnDelay(CALM_MS);
    note(`${calmMs.toFixed(0)} ms behind at most while nothing is wrong`);
    const afterKill = await times(kills, () => processes.kill(pick(random, SLOTS)));
    const afterRestart = await times(restarts, async () => {
      await world.broker.stopNode(1, "clean");
      await world.broker.startNode(1);
    });
    over = true;
    await waitForEnds(world.log, loaded.topology, await producing, SILENCE_MS);
    return { capacity, rate, calmMs, afterKill, afterRestart };
  } finally {
    over = true;
    watch.stop();
    follower.stop();
    await processes.stop();
  }
}

/** What was written before anybody read, divided by the time from the first record out to the last. */
async function measureCapacity(world: World, seed: number): Promise<number> {
  const loaded = await makeSwift(world, "burst");
  await produce(world.log, loaded, { seed, records: BURST, rate: BURST });
  const follower = follow(world.broker.address, endTopics(loaded.topology), "burst-witness");
  const processes = start(world, loaded);
  try {
    while (follower.seen.count === 0) await systemClock.sleep(20);
    const from = systemClock.monotonic();
    await waitForEnds(world.log, loaded.topology, BURST, SILENCE_MS);
    return Math.round(BURST / ((systemClock.monotonic() - from) / 1000));
  } finally {
    follower.stop();
    await processes.stop();
  }
}

/** Without windows: a record that is held is not behind. */
async function makeSwift(world: World, name: string): Promise<LoadedPipeline> {
  const folder = path.join(world.folder, name);
  mkdirSync(folder);
  writeW1Pipeline(folder, { name, partitions: PARTITIONS, windowRecords: null });
  const loaded = loadPipeline(folder, {});
  await world.log.createTopics(loaded.topology.topics);
  return loaded;
}

function start(world: World, { folder, pipeline }: LoadedPipeline): Processes {
  const logs = path.join(world.folder, `${pipeline.name}-logs`);
  mkdirSync(logs);
  return startApart({ pipeline: folder, address: world.proxy.address, slots: SLOTS, logs });
}
