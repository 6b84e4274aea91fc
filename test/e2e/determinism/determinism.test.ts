import { createKafkaLog } from "@weir/kafka";
import { systemClock } from "@weir/service";
import { createMemoryLog, type Log } from "@weir/stream";
import { expect, inject, test } from "vitest";
import {
  differences,
  flightsWith,
  type GateMoment,
  outputsOf,
  runThrough,
  WINDOWS,
  writeFlights,
  type Outputs,
  type Partitions,
  type Way,
  type World,
} from "./replayed.ts";

const PARTITIONS: readonly Partitions[] = [1, 3, 12];
/** Smaller than most windows: those leave in several transactions. */
const PART_BYTES = 16_384;
const POLLS = [60, 150, 400, 1000, 4000];

/**
 * 14 for each number of partitions; in two of them windows leave in parts. A life must be long enough to read an open window again, and to
 * write what it decides to all partitions: else nothing is ever judged.
 */
function waysOf(partitions: Partitions, shortest = partitions === 12 ? 100 : 40): readonly Way[] {
  return Array.from({ length: 14 }, (_, i) => {
    const polls = POLLS[i % POLLS.length]!; // within
    return {
      seed: 100 * partitions + i,
      fused: i % 2 === 1,
      polls,
      ...(i % 7 === 3 && { partBytes: PART_BYTES }),
      lifetime: i === 0 ? 0 : (1 + (i % 3)) * (shortest + Math.round(4000 / polls)) * (i % 7 === 3 ? 3 : 1),
    };
  });
}
/** What one fetch decides of short windows is written in one transaction, so lives have to be longer. */
const SHORTEST: Readonly<Record<keyof typeof WINDOWS, number>> = { breaker: 60, sliding: 200, slidingBreaker: 200 };
const CALM: Way = { fused: false, seed: 0, polls: 100_000, lifetime: 0 };

interface Ran {
  readonly outputs: Outputs;
  readonly deaths: number;
}

async function run(log: Log, world: World, way: Way): Promise<Ran> {
  const { loaded, remove } = flightsWith(world);
  try {
    await log.createTopics(loaded.topology.topics.map(({ name, partitions }) => ({ name, partitions })));
    const records = await writeFlights(log, loaded, world);
    const deaths = await runThrough(log, loaded, records, way);
    return { outputs: await outputsOf(log, loaded), deaths };
  } finally {
    remove();
  }
}

async function runInMemory(world: World, way: Way): Promise<Ran> {
  await using log = createMemoryLog({ clock: systemClock });
  return await run(log, world, way);
}

const calm = new Map<Partitions, Outputs>();
async function calmRun(partitions: Partitions): Promise<Outputs> {
  const known = calm.get(partitions) ?? (await runInMemory({ partitions, window: "days" }, CALM)).outputs;
  calm.set(partitions, known);
  return known;
}

test.each(PARTITIONS)(
  "%i partitions: polls of any size, processes killed anywhere, fused or apart give the same bytes",
  async (partitions) => {
    const expected = await calmRun(partitions);
    let died = 0;
    for (const way of waysOf(partitions)) {
      const { outputs, deaths } = await runInMemory({ partitions, window: "days" }, way);
      died += deaths;
      expect({ way, differences: differences(expected, outputs) }).toEqual({ way, differences: [] });
    }
    console.info(
      `  ${partitions} partitions, seeds ${waysOf(partitions)
        .map((w) => w.seed)
        .join(" ")}: ${died} processes killed`,
    );
    expect(died).toBeGreaterThan(10);
  },
);

test.each<[Partitions, Way]>([
  [1, { fused: false, seed: 201, polls: 400, lifetime: 60 }],
  [3, { fused: true, seed: 202, polls: 150, lifetime: 120 }],
  [12, { fused: false, seed: 203, polls: 1000, lifetime: 90 }],
  [12, { fused: true, seed: 204, polls: 400, lifetime: 150 }],
  [1, { ...dying({ what: "hold", when: "after" }), seed: 205, polls: 400 }],
  [3, { ...dying({ what: "verdict", when: "after" }), seed: 206, polls: 400 }],
  [3, { ...dying({ what: "part", when: "after" }), seed: 207, polls: 400, partBytes: 65_536 }],
])("on Kafka the same as in memory: %i partitions, %j", async (partitions, way) => {
  await using log = await createKafkaLog({ brokers: [inject("kafka")], clientId: "weir-determinism" });
  const name = `same-${way.seed}`;
  const world: World = { name, partitions, window: "days" };
  const { outputs, deaths } = await run(log, world, way);
  expect(differences((await runInMemory(world, CALM)).outputs, outputs)).toEqual([]);
  console.info(`  on Kafka, ${partitions} partitions, seed ${way.seed}: ${deaths} processes killed`);
  expect(deaths).toBeGreaterThan(0);
});

test.each(Object.keys(WINDOWS) as (keyof typeof WINDOWS)[])("windows of kind %s of every partition: the same", async (window) => {
  const world: World = { partitions: 3, window };
  const { outputs: expected } = await runInMemory(world, CALM);
  const told = [...expected].flatMap(([place, lines]) => (place.startsWith("P.verdicts/") ? lines : []));
  expect(told.some((line) => line.includes('"taint":'))).toBe(true);
  expect(told.some((line) => line.includes('"breaker":"closed"'))).toBe(window !== "sliding");
  let died = 0;
  for (const way of waysOf(3, SHORTEST[window]).slice(1, 5)) {
    const { outputs, deaths } = await runInMemory(world, way);
    died += deaths;
    expect({ way, differences: differences(expected, outputs) }).toEqual({ way, differences: [] });
  }
  console.info(`  ${window}: ${told.length} verdicts, ${died} processes killed`);
  expect(died).toBeGreaterThan(2);
});

const MOMENTS = (["hold", "verdict", "part"] as const).flatMap((what) => (["before", "after"] as const).map((when) => ({ what, when })));

test.each([
  ...MOMENTS.map((dies) => ["days", dies] as const),
  ["sliding", { what: "verdict", when: "before" }] as const,
  ["sliding", { what: "part", when: "after" }] as const,
])("windows of kind %s: the gate killed %j", async (window, dies) => {
  const world: World = { partitions: 3, window };
  const way = dying(dies);
  const { outputs, deaths } = await runInMemory(world, way);
  const expected = window === "days" ? await calmRun(3) : (await runInMemory(world, CALM)).outputs;
  expect(differences(expected, outputs)).toEqual([]);
  console.info(`  ${window}, ${dies.when} ${dies.what}: ${deaths} times`);
  expect(deaths).toBeGreaterThan(0);
});

/** Short polls and small parts: there are many moments. */
function dying(dies: GateMoment): Way {
  return { fused: false, seed: 1, polls: 80, lifetime: 0, partBytes: 4096, dies };
}

test("how many partitions there are changes neither a verdict nor where a record ends", async () => {
  const wholes = await Promise.all(PARTITIONS.map(async (partitions) => wholeOf(await calmRun(partitions))));
  expect(wholes[0]!.verdicts.map((v) => v["verdict"])).toEqual(["pass", "breach", "breach"]);
  for (const { verdicts, records } of wholes) {
    expect(verdicts).toEqual(wholes[0]!.verdicts);
    expect(differences(new Map([["all", wholes[0]!.records]]), new Map([["all", records]]))).toEqual([]);
  }
});

/** Without where things lay. */
function wholeOf(outputs: Outputs): { readonly verdicts: readonly Record<string, unknown>[]; readonly records: readonly string[] } {
  const records: string[] = [];
  const verdicts: Record<string, unknown>[] = [];
  for (const [place, lines] of outputs) {
    const topic = place.slice(0, place.lastIndexOf("/"));
    for (const line of lines) {
      const [, value = ""] = line.split("\t");
      if (topic.endsWith(".verdicts")) verdicts.push({ ...(JSON.parse(value) as Record<string, unknown>), partitions: [] });
      else records.push(`${topic}\t${value}`);
    }
  }
  const byId = (a: Record<string, unknown>, b: Record<string, unknown>): number => (String(a["id"]) < String(b["id"]) ? -1 : 1);
  return { verdicts: verdicts.sort(byId), records: records.sort() };
}
