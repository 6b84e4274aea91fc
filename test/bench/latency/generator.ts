import { batchOf, partitionOf, type Batch } from "@weir/record";
import { addToLogBuckets, emptyLogBuckets, quantileOfLogBuckets } from "@weir/stats";
import { PARTITIONS, POOL_RECORDS } from "../input.ts";
import { comeFirst } from "./priority.ts";
import { firstFrom, poissonSchedule } from "./schedule.ts";
import { createSender } from "./sender.ts";
import { createSharedClock } from "./shared-clock.ts";
import { createStamped, putStamp } from "./stamp.ts";
import { onOrder, taskText, tellBench, type GeneratorTask, type Lateness } from "./talk.ts";

// A process that sends records at moments of a schedule made beforehand, whatever becomes of them: a system that is slow does
// not slow it down. Records bear the moment at which they were to be sent. Argument: its task.

const MICROS = 1_000_000;
/** Records that are due leave together so often, as a producer with a small linger sends them: each further request costs the broker more than its records. */
const LINGER_MICROS = 2000;
/** From the word until the first moment. */
const LEAD_MICROS = 50_000;
const LATE_MS = 1;

/** The records of the pool, made once: number n is row n modulo their count, with another number and time. */
interface Pool {
  readonly batch: Batch;
  readonly partitions: Uint8Array;
}

function createPool(): Pool {
  const make = createStamped();
  const encoder = new TextEncoder();
  const records = Array.from({ length: POOL_RECORDS }, (_, i) => {
    const { key, value } = make(i);
    return { key: encoder.encode(key), value: encoder.encode(value) };
  });
  const partitions = Uint8Array.from(records, ({ key }) => partitionOf(key, PARTITIONS));
  return { batch: batchOf({ topic: "", partition: 0 }, records), partitions };
}

const task: GeneratorTask = JSON.parse(taskText());
const clock = createSharedClock(task.clockOffset);
const pool = createPool();
const schedule = poissonSchedule({ rate: task.rate, seconds: task.warmUpSeconds + task.seconds, seed: task.seed });
const measuredFrom = firstFrom(schedule, task.warmUpSeconds * MICROS);
const sender = await createSender(task.address, task.topic, pool.batch);
const rowsOf = Array.from({ length: PARTITIONS }, () => ({ rows: new Int32Array(POOL_RECORDS), count: 0 }));
let probes = 0;

/** The records `from` to before `to`, in one request. */
function send(from: number, to: number, timeOf: (number: number) => number): void {
  for (const part of rowsOf) part.count = 0;
  for (let number = from; number < to; number++) {
    const row = number % POOL_RECORDS;
    putStamp(pool.batch, row, number, timeOf(number));
    const part = rowsOf[pool.partitions[row]!]!; // a row of the pool, one of the partitions
    part.rows[part.count++] = row;
  }
  sender.send(rowsOf.map(({ rows, count }) => rows.subarray(0, count)));
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Timers go by whole milliseconds and come late: answers are taken in, then the thread sleeps until the moment itself. */
async function until(moment: number): Promise<void> {
  await new Promise(setImmediate);
  const left = moment - clock();
  if (left > 0) Atomics.wait(cell, 0, 0, left / 1000);
}

async function run(): Promise<Lateness> {
  const begin = clock() + LEAD_MICROS;
  tellBench({ kind: "started", at: begin });
  const lateness = emptyLogBuckets({ accuracy: 0.01, smallest: 0.001, largest: 60_000 });
  let late = 0;
  let next = 0;
  for (let moment = LINGER_MICROS; next < schedule.length; moment += LINGER_MICROS) {
    await until(begin + moment);
    const from = next;
    while (next < schedule.length && schedule[next]! <= moment) next++; // next < length
    if (next === from) continue;
    send(from, next, (number) => begin + schedule[number]!); // from ≤ number < next
    const lateMs = Math.max(0, (clock() - begin - moment) / 1000);
    for (let number = Math.max(from, measuredFrom); number < next; number++) {
      addToLogBuckets(lateness, lateMs);
      if (lateMs > LATE_MS) late++;
    }
  }
  await sender.settled();
  return { lateMsP99: quantileOfLogBuckets(lateness, 0.99), lateShare: late / Math.max(1, schedule.length - measuredFrom) };
}

onOrder((order) => {
  if (order.kind === "probe") {
    send(schedule.length + probes, schedule.length + probes + order.records, clock);
    probes += order.records;
  } else if (order.kind === "run") void run().then((lateness) => tellBench({ kind: "sent", ...lateness }));
});
comeFirst();
tellBench({ kind: "scheduled", records: schedule.length, measuredFrom });
