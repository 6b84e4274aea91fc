import { run as runGate } from "@weir/gate";
import { laneKey } from "@weir/record";
import { createLogger, systemClock } from "@weir/service";
import { createMemoryLog } from "@weir/stream";
import { lanesOf } from "../read-committed.ts";
import { verdictsOf } from "./judge.ts";
import { makePipeline, produce } from "./workload.ts";

const LOOK_MS = 20;
const LIMIT_MS = 60_000;
const TRANSACTION_MS = 10_000;

/** Verdicts over so many records where nothing can go wrong: the gate alone, on a log in memory. */
export async function calmVerdicts(folder: string, name: string, seed: number, records: number): Promise<readonly string[]> {
  const log = createMemoryLog({ clock: systemClock });
  const loaded = await makePipeline(log, folder, name, 1);
  await produce(log, loaded, { seed, records, rate: Number.MAX_SAFE_INTEGER });
  const gate = await runGate({
    loaded,
    clock: systemClock,
    logger: createLogger({ level: "silent", service: "calm" }),
    slot: "calm",
    connect: () => Promise.resolve(log),
    listen: { host: "127.0.0.1", port: 0 },
    transactionTimeoutMs: TRANSACTION_MS,
  });
  try {
    const stage = loaded.topology.stages.find((s) => s.type === "gate");
    if (!stage) throw new Error("the pipeline has no gate");
    const lanes = await lanesOf(log, [loaded.topology.entryTopic]);
    const bounds = await log.bounds(lanes);
    for (const until = systemClock.monotonic() + LIMIT_MS; ; await systemClock.sleep(LOOK_MS)) {
      const committed = await log.committed(stage.group, lanes, null);
      if (lanes.every((lane) => committed.get(laneKey(lane)) === bounds.get(laneKey(lane))?.end)) return await verdictsOf(log, loaded);
      if (systemClock.monotonic() > until) throw new Error("the gate did not get through its records in memory");
    }
  } finally {
    await gate.stop();
  }
}
