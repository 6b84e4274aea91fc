import { createKafkaLog } from "@weir/kafka";
import { sha256, systemClock } from "@weir/service";
import { createRunner, decideAll, type RunnerOptions, type Stage } from "@weir/stream";

// A process that carries records from one topic to another and does nothing with them: what the runner and Kafka alone cost.
// Arguments: topic to read, prefix of the topics to write, milliseconds from one commit to the next.

const [from = "", prefix = "", everyMs = "100"] = process.argv.slice(2);

const stage: Stage = {
  id: "pass",
  ports: [{ name: "out", kind: "data" }],
  holds: false,
  process: (batches) => batches.map((batch) => decideAll(batch, 0)),
  position: () => null,
  snapshot: () => [],
  assign() {},
  revoke() {},
  describe: () => ({ spec: "0".repeat(64), owner: "user:bench" }),
};

const log = await createKafkaLog({ brokers: (process.env["WEIR_KAFKA"] ?? "").split(","), clientId: "weir-pass" });
const options: RunnerOptions = {
  log,
  clock: systemClock,
  hash: sha256,
  group: prefix,
  slot: process.env["WEIR_SLOT"] ?? "pass",
  inputs: [from],
  links: [{ stage, outputs: new Map([["out", { topic: `${prefix}.out`, next: null }]]), stateTopic: null }],
  idsOf: null,
  handsOnTo: [],
  topics: { executions: `${prefix}.executions`, verdicts: `${prefix}.verdicts`, control: null },
  commit: { everyMs: Number(everyMs), bytes: 8 * 1024 * 1024 },
  idleAfterMs: null,
  onOutOfRange: "stop",
  transactionTimeoutMs: 10_000,
  minimalHeaders: false,
  keepTimestamps: false,
  events: {
    committed() {},
    assigned() {},
    revoked() {},
    lagging() {},
    skipped() {},
    resumed() {},
    waiting() {},
    ended() {},
    aborted: (reason) => console.error(`aborted: ${reason}`),
    retried: (kind, message) => console.error(`${kind} again: ${message}`),
    stuck: (ms, fault) => console.error(`no progress for ${ms} ms: ${fault ?? "nobody says why"}`),
    halted: (lane, reason) => console.error(`${lane.topic}-${lane.partition} halted: ${reason}`),
  },
};
const runner = createRunner(options);
process.once("SIGTERM", () => runner.stop());
await runner.run();
await log[Symbol.asyncDispose]();
