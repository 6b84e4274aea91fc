import { buildStage } from "@weir/gate";
import { createMetrics } from "@weir/service";
import type { Decided, Stage, StateNote } from "@weir/stream";
import { expect, test } from "vitest";
import { batchOfValues, flight, flights, inputOf, toldBy } from "./flights.ts";

// The flights of an airport lie in a partition of their own, and several processes share the partitions; but a day is one day. With
// `scope: global`, as the flights pipeline has it, every owner tells what its partitions add to the day (sums, never records), the owner of
// partition 0 judges, and each lets go what it holds. They speak through the state topic of the stage, in the transactions that they commit
// anyway: there is nobody whom they would have to ask.

const GATE = inputOf("gate");

interface Process {
  readonly stage: Stage;
  readonly partitions: readonly number[];
  heard: number;
}

/** Processes with the partitions that they own, and the state topic between them. */
async function startGates(owned: readonly (readonly number[])[]) {
  const count = owned.flat().length;
  const topic: StateNote[] = [];
  const start = async (partitions: readonly number[]): Promise<Process> => {
    const { stage } = await buildStage(flights, "gate", { followers: [], meter: createMetrics() });
    for (const partition of partitions) stage.assign({ topic: GATE, partition }, 0, new Map());
    return { stage, partitions, heard: 0 };
  };
  const read = async ({ stage }: Process, partition: number, values: readonly string[]): Promise<readonly Decided[]> =>
    stage.process([{ ...batchOfValues(GATE, values), partition }]);
  /** What it has to say becomes visible to all. */
  const commit = ({ stage }: Process): StateNote[] => {
    const notes = stage.snapshot().map(({ lane, key, value }) => ({ partition: lane.partition, key, value }));
    topic.push(...notes);
    return notes;
  };
  const hear = (process: Process): readonly Decided[] => {
    const news = topic.slice(process.heard);
    process.heard = topic.length;
    return process.stage.hear?.(news, count) ?? [];
  };
  return { processes: await Promise.all(owned.map(start)), read, commit, hear };
}

/** Flights of a February day; those that are cancelled never left. */
const dayOf = (day: number, numbers: readonly number[], isCancelled: (i: number) => boolean = () => false): readonly string[] =>
  numbers.map((i) => {
    const date = `2013-02-${String(day).padStart(2, "0")}`;
    return flight({ id: `${date}-EWR-UA-${i}`, day, event_time: `${date}T12:00:00Z`, dep_delay: isCancelled(i) ? null : 3 });
  });
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const verdictsIn = (decided: readonly Decided[]): Record<string, unknown>[] =>
  decided.flatMap((d) => d.verdicts ?? []).map(({ value }): Record<string, unknown> => JSON.parse(value ?? ""));

test("every partition tells its part of the day, the owner of partition 0 judges, and everybody lets go", async () => {
  const gates = await startGates([[0], [1]]);
  const [first, second] = gates.processes as [Process, Process]; // as many as were asked for
  // At most 5 % may have no delay. In partition 0 all have one, in partition 1 a third have none: of the day it is one in nine.
  await gates.read(first, 0, [...dayOf(1, upTo(60)), ...dayOf(2, [0])]);
  await gates.read(second, 1, [...dayOf(1, upTo(30), (i) => i % 3 === 0), ...dayOf(2, [1])]);

  // Both have come to the next day. They hold the flights of this one, and write what they have counted.
  const told = [...gates.commit(first), ...gates.commit(second)].filter(({ key }) => key.startsWith("partial/"));
  const counts = told.map(({ value }) => (JSON.parse(value ?? "") as { count: number }).count);
  expect(counts).toEqual([60, 30]);

  expect(gates.hear(second)).toEqual([]); // knows as much, and is not asked
  const judged = gates.hear(first);
  const partitions = [
    { partition: 0, count: 60 },
    { partition: 1, count: 30 },
  ];
  expect(verdictsIn(judged)).toMatchObject([
    { id: "gate/time/2013-02-01T05:00Z", partitions, n: 90, verdict: "breach", quarantined: true },
  ]);

  // A verdict counts once it is committed, for its judge, too.
  expect(toldBy(first.stage, judged)).toEqual([]);
  gates.commit(first);
  const portsOf = (process: Process): string[] => toldBy(process.stage, gates.hear(process)).map(({ port }) => port);
  expect([portsOf(first), portsOf(second)]).toEqual([upTo(60).map(() => "quarantine"), upTo(30).map(() => "quarantine")]);
});

test("a partition in which nothing comes does not hold the others up, once it has been silent for a while", async () => {
  const gates = await startGates([[0, 1], [2]]);
  const [first, second] = gates.processes as [Process, Process];
  for (const partition of [0, 1]) await gates.read(first, partition, [...dayOf(1, upTo(40)), ...dayOf(2, [0])]);
  gates.processes.forEach(gates.commit);
  expect(gates.hear(first)).toEqual([]); // partition 2 may have flights of that day, which are on their way

  second.stage.close?.({ lane: { topic: GATE, partition: 2 }, offset: 0, watermark: Infinity }); // the runner: nothing for a minute
  gates.commit(second);
  expect(verdictsIn(gates.hear(first))).toMatchObject([{ n: 80, verdict: "pass" }]);
});

test("the verdict is the same however the flights are spread over partitions, and partitions over processes", async () => {
  const isCancelled = (i: number): boolean => i % 30 === 0; // 4 of 120
  const whole = await judged([[0]]);
  expect(whole).toMatchObject({ verdict: "pass", n: 120 });
  expect(await judged([[0, 1, 2]])).toEqual(whole);
  expect(await judged([[2, 1], [0]])).toEqual(whole);
  expect(await judged([[3], [0], [2, 1]])).toEqual(whole);

  async function judged(owned: readonly (readonly number[])[]): Promise<unknown> {
    const gates = await startGates(owned);
    const count = owned.flat().length;
    const read = (process: Process, partition: number): Promise<unknown> => {
      const mine = upTo(120).filter((i) => i % count === partition);
      return gates.read(process, partition, [...dayOf(1, mine, isCancelled), ...dayOf(2, [partition])]);
    };
    for (const process of gates.processes) for (const partition of process.partitions) await read(process, partition);
    gates.processes.forEach(gates.commit);
    const [verdict, ...others] = gates.processes.flatMap((process) => verdictsIn(gates.hear(process)));
    expect(others).toEqual([]);
    return { ...verdict, partitions: null }; // says where the flights lay
  }
});
