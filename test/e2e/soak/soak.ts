import { mkdirSync } from "node:fs";
import path from "node:path";
import { systemClock } from "@weir/service";
import { createRandom } from "@weir/testkit";
import { waitForEnds } from "../ends.ts";
import { judge, SPOTLESS, witnessed, type Judgement } from "../faults/judge.ts";
import { follow } from "../faults/kcat.ts";
import { unhandledIn } from "../faults/run-case.ts";
import { lastWordsIn } from "./last-words.ts";
import { startApart, type Processes } from "../faults/services-apart.ts";
import { makePipeline, produce } from "../faults/workload.ts";
import { openWorld, type World } from "../faults/world.ts";
import { drawKind } from "./plan.ts";
import { STRIKES, type Target } from "./strike.ts";
import { growthOf, usageOf, type Growth, type Usage } from "./usage.ts";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Records a second. */
  readonly rate: number;
  readonly note: (line: string) => void;
}

export interface SoakReport {
  readonly seed: number;
  readonly minutes: number;
  readonly recordsIn: number;
  /** Seen at the ends by the reader that is not ours. */
  readonly recordsOut: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly judgement: Judgement;
  /** Processes that ended by themselves or otherwise than asked. */
  readonly endings: readonly string[];
  readonly unhandledRejections: number;
  /** Why processes said that they could not go on. */
  readonly lastWords: readonly string[];
  /** Of the processes that lived through everything. */
  readonly growth: Readonly<Record<string, Growth>>;
}

const LASTING = ["gate-0", "inference-0", "router-0"];
const MORTAL = ["gate-1", "inference-1", "router-1"];
const PAUSE_MS = [1000, 5000] as const;
const BUSY_MS = 5000;
const USAGE_EVERY_MS = 15_000;
const SILENCE_MS = 120_000;

/** Records flow through processes while a fault follows the other; then a reader that is not ours judges. */
export async function soak({ minutes, seed, rate, note }: SoakOptions): Promise<SoakReport> {
  await using world = await openWorld(1, seed);
  const loaded = await makePipeline(world.log, world.folder, "soak", world.nodes);
  const logs = path.join(world.folder, "logs");
  mkdirSync(logs);
  const follower = follow(world.broker.address, witnessed(loaded), "witness");
  const slots = [...LASTING, ...MORTAL];
  const processes = startApart({ pipeline: loaded.folder, address: world.proxy.address, slots, logs, busyMs: BUSY_MS });
  const until = systemClock.monotonic() + minutes * 60_000;
  const goesOn = (): boolean => systemClock.monotonic() < until;
  const watch = watchUsage(processes);
  try {
    const target: Target = { world, processes, mortal: MORTAL, random: createRandom(seed) };
    const [recordsIn, faults] = await Promise.all([
      produce(world.log, loaded, { seed, records: 0, rate }, goesOn),
      strikeWhile(
        goesOn,
        target,
        () => follower.seen.count > 0,
        (line) => note(`${line}; ${follower.seen.count} records came out`),
      ),
    ]);
    world.proxy.clear();
    note(`${recordsIn} records went in; waiting for them to come out`);
    await waitForEnds(world.log, loaded.topology, recordsIn, SILENCE_MS);
    const { judgement, records } = await judge({
      log: world.log,
      address: world.broker.address,
      loaded,
      seed,
      produced: recordsIn,
      follower,
    });
    watch.stop();
    await processes.stop();
    if (JSON.stringify(judgement) !== JSON.stringify(SPOTLESS)) keep(world, note);
    return {
      seed,
      minutes,
      recordsIn,
      recordsOut: records,
      faults,
      judgement,
      endings: processes.endings,
      unhandledRejections: unhandledIn(logs),
      lastWords: lastWordsIn(logs),
      growth: watch.growth(),
    };
  } catch (error) {
    keep(world, note);
    throw error;
  } finally {
    watch.stop();
    follower.stop();
    await processes.stop();
  }
}

function keep(world: World, note: (line: string) => void): void {
  world.keep();
  note(`logs and data are left in ${world.folder}`);
}

async function strikeWhile(
  goesOn: () => boolean,
  target: Target,
  isFlowing: () => boolean,
  note: (line: string) => void,
): Promise<Record<string, number>> {
  const faults: Record<string, number> = {};
  while (goesOn() && !isFlowing()) await systemClock.sleep(PAUSE_MS[0]);
  while (goesOn()) {
    await systemClock.sleep(PAUSE_MS[0] + target.random() * (PAUSE_MS[1] - PAUSE_MS[0]));
    const kind = drawKind(target.random);
    faults[kind] = (faults[kind] ?? 0) + 1;
    note(kind);
    await STRIKES[kind](target);
  }
  return faults;
}

function watchUsage(processes: Processes): { growth(): Record<string, Growth>; stop(): void } {
  const usages = new Map<string, Usage[]>(LASTING.map((slot) => [slot, []]));
  const stop = systemClock.every(USAGE_EVERY_MS, () => {
    for (const slot of LASTING) void usageOf(processes.pid(slot)).then((usage) => usage && usages.get(slot)?.push(usage));
  });
  return { growth: () => Object.fromEntries([...usages].map(([slot, list]) => [slot, growthOf(list)])), stop };
}
