import { RetriableError } from "@weir/record";
import type { Execution, Stage } from "@weir/stream";
import { expect, test } from "vitest";
import { createLogger } from "./logger.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { stageTelemetry, type ChainEvents } from "./telemetry.ts";

const LANE = { topic: "p.in", partition: 3 };
const TIMES = { commitMs: 12, transactionMs: 90, records: 5 };

function stage(id: string, parts: Partial<Stage> = {}): Stage {
  return {
    id,
    ports: [
      { name: "out", kind: "data" },
      { name: "dlq", kind: "dead-letter" },
    ],
    holds: false,
    process: () => [],
    position: () => null,
    snapshot: () => [],
    assign: () => {},
    revoke: () => {},
    describe: () => ({ spec: "s", owner: "group:o" }),
    ...parts,
  };
}

function execution(id: string): Execution {
  return {
    v: 1,
    id: "x",
    stage: id,
    slot: "s",
    spec: "s",
    startedAt: "",
    preparedAt: "",
    in: [],
    ports: { out: 4, dlq: 1 },
    copies: 2,
    held: 0,
    classes: { CONTRACT: 1 },
    ms: { fetch: 1, process: 3, previousCommit: 2 },
  };
}

function telemetry(stages: readonly Stage[], now = 0): { metrics: Metrics; events: ChainEvents; told: Execution[] } {
  const metrics = createMetrics();
  const told: Execution[] = [];
  const logger = createLogger({ level: "silent", service: "test" });
  const events = stageTelemetry({ meter: metrics, logger, pipeline: "p", stages, now: () => now, onCommitted: (e) => told.push(e) });
  return { metrics, events, told };
}

async function seriesOf(metrics: Metrics, ...names: string[]): Promise<string[]> {
  const { text } = await metrics.expose(undefined);
  return text.split("\n").filter((line) => names.some((name) => line.startsWith(`${name}{`)));
}

test("what is committed is counted, by stage, port and class, and told to the stage's service", async () => {
  const { metrics, events, told } = telemetry([stage("a"), stage("b")]);
  events.committed([execution("a"), execution("b")], TIMES, []);
  events.committed([execution("a")], TIMES, []);
  expect(await seriesOf(metrics, "weir_records_total", "weir_samples_total")).toEqual([
    'weir_records_total{pipeline="p",stage="a",port="out"} 8',
    'weir_records_total{pipeline="p",stage="a",port="dlq"} 2',
    'weir_records_total{pipeline="p",stage="b",port="out"} 4',
    'weir_records_total{pipeline="p",stage="b",port="dlq"} 1',
    'weir_samples_total{pipeline="p",stage="a"} 4',
    'weir_samples_total{pipeline="p",stage="b"} 2',
  ]);
  expect((await seriesOf(metrics, "weir_dead_letters_total")).filter((line) => !line.endsWith(" 0"))).toEqual([
    'weir_dead_letters_total{pipeline="p",stage="a",class="CONTRACT"} 2',
    'weir_dead_letters_total{pipeline="p",stage="b",class="CONTRACT"} 1',
  ]);
  expect(told.map((e) => e.stage)).toEqual(["a", "b", "a"]);
});

test("no label has a value from outside its closed set, whatever is reported", async () => {
  const { metrics, events } = telemetry([stage("a")]);
  const before = (await seriesOf(metrics, "weir_aborts_total", "weir_retries_total", "weir_records_total")).length;
  events.committed([execution("stage of somebody else")], TIMES, []);
  for (let i = 0; i < 100; i++) events.aborted(new RetriableError(`CODE_${i}`, `why ${i}`));
  for (const code of ["MEMBERSHIP_LOST", "CONNECTION", "TRANSACTION_TIMED_OUT", "OUT_OF_RANGE", "constructor"]) {
    events.aborted(new RetriableError(code, ""));
  }
  expect((await seriesOf(metrics, "weir_aborts_total", "weir_retries_total", "weir_records_total")).length).toBe(before);
  expect(await seriesOf(metrics, "weir_aborts_total")).toEqual([
    'weir_aborts_total{pipeline="p",stage="a",reason="membership"} 1',
    'weir_aborts_total{pipeline="p",stage="a",reason="connection"} 1',
    'weir_aborts_total{pipeline="p",stage="a",reason="timeout"} 1',
    'weir_aborts_total{pipeline="p",stage="a",reason="out-of-range"} 1',
    'weir_aborts_total{pipeline="p",stage="a",reason="other"} 101',
  ]);
});

test("every series of a counter is there before its first step", async () => {
  const { metrics } = telemetry([stage("a")]);
  expect(await seriesOf(metrics, "weir_records_total", "weir_transactions_total", "weir_fenced_total", "weir_retries_total")).toEqual([
    'weir_records_total{pipeline="p",stage="a",port="out"} 0',
    'weir_records_total{pipeline="p",stage="a",port="dlq"} 0',
    'weir_transactions_total{pipeline="p",stage="a",outcome="committed"} 0',
    'weir_transactions_total{pipeline="p",stage="a",outcome="aborted"} 0',
    'weir_fenced_total{pipeline="p",stage="a"} 0',
    'weir_retries_total{pipeline="p",stage="a",kind="fetch"} 0',
    'weir_retries_total{pipeline="p",stage="a",kind="resolve"} 0',
    'weir_retries_total{pipeline="p",stage="a",kind="init"} 0',
  ]);
});

test("held records and the age of the oldest are read when they are scraped", async () => {
  let held = 7;
  const { metrics } = telemetry([stage("a", { held: () => held, heldSince: () => (held > 0 ? 1_000 : null) })], 61_000);
  const shown = (): Promise<string[]> => seriesOf(metrics, "weir_records_held", "weir_hold_age_seconds");
  expect(await shown()).toEqual(['weir_records_held{pipeline="p",stage="a"} 7', 'weir_hold_age_seconds{pipeline="p",stage="a"} 60']);
  held = 0;
  expect(await shown()).toEqual(['weir_records_held{pipeline="p",stage="a"} 0', 'weir_hold_age_seconds{pipeline="p",stage="a"} 0']);
});

test("a partition that is given back leaves no lag behind", async () => {
  const { metrics, events } = telemetry([stage("a")]);
  events.lagging(LANE, 40, 2_500);
  events.halted(LANE, "damaged");
  const shown = (): Promise<string[]> =>
    seriesOf(metrics, "weir_consumer_lag_records", "weir_consumer_lag_seconds", "weir_partition_halted");
  expect(await shown()).toEqual([
    'weir_consumer_lag_records{pipeline="p",stage="a",partition="3"} 40',
    'weir_consumer_lag_seconds{pipeline="p",stage="a",partition="3"} 2.5',
    'weir_partition_halted{pipeline="p",stage="a",partition="3"} 1',
  ]);
  events.revoked([LANE], true);
  expect(await shown()).toEqual([]);
  expect(await seriesOf(metrics, "weir_fenced_total")).toEqual(['weir_fenced_total{pipeline="p",stage="a"} 1']);
});
