import { createKafkaLog } from "@weir/kafka";
import type { Batch } from "@weir/record";
import { followCommitted } from "../../e2e/read-committed.ts";
import { numberAt } from "../input.ts";
import { createHistogram } from "./histogram.ts";
import { comeFirst } from "./priority.ts";
import { createSharedClock } from "./shared-clock.ts";
import { timeAt } from "./stamp.ts";
import { onOrder, taskText, tellBench, type ReaderTask } from "./talk.ts";

// A process that reads all ends of a system, read_committed, and takes for every record how long ago it was to be sent.
// Argument: its task.

const TELL_MS = 100;
const MICROS_PER_MS = 1000;

const task: ReaderTask = JSON.parse(taskText());
const clock = createSharedClock(task.clockOffset);
const latency = createHistogram();
let [records, probes, inTime, isOver] = [0, 0, 0, false];
let window = { from: Infinity, to: Infinity };

function take(batch: Batch): void {
  const now = clock();
  const isInside = now >= window.from && now < window.to;
  for (let row = 0; row < batch.count; row++) {
    const number = numberAt(batch, row);
    if (number < 0) continue; // whoever counts afterwards says so
    if (number >= task.scheduled) {
      probes++;
      continue;
    }
    records++;
    if (isInside) inTime++;
    if (number < task.measuredFrom) continue;
    latency.add((now - timeAt(batch, row)) / MICROS_PER_MS);
  }
}

onOrder((order) => {
  if (order.kind === "window") window = order;
  else if (order.kind === "finish") isOver = true;
});
comeFirst();
const log = await createKafkaLog({ brokers: [task.address], clientId: "latency-reader" });
const telling = setInterval(() => tellBench({ kind: "seen", records, probes }), TELL_MS);
tellBench({ kind: "reading" });
await followCommitted(log, task.topics, take, () => isOver);
clearInterval(telling);
tellBench({ kind: "measured", ...latency.percentiles(), inTime });
