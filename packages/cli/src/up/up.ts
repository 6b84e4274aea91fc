import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startBroker, type Broker } from "@weir/broker";
import { WeirError } from "@weir/record";
import { plainConnection, sha256, systemClock, verifyTopics, type Environment, type LoadedPipeline } from "@weir/service";
import { connect, connectionOf, loadRunnable } from "../connect.ts";
import { table, type Output } from "../output.ts";
import { readLines } from "../produce/lines.ts";
import { produce } from "../produce/produce.ts";
import { summarise, waitDrained } from "./drain.ts";
import { startServices, SERVICES, type RunningServices } from "./services.ts";
import { createTopics } from "./topics.ts";
import { windowLines } from "./window-lines.ts";
import { jsonOnly } from "../json-only.ts";

export interface UpFlags {
  readonly broker?: string;
  readonly env?: string;
  readonly kafkaPort: string;
  readonly sample?: boolean;
  readonly exitWhenDrained?: boolean;
  readonly data?: string;
  readonly port: string;
  readonly fused?: boolean;
}

/** A broker that is gone has made others fail before its end is seen: so long it is waited for, to tell the reason. */
const LOST_MS = 1000;

/** The whole pipeline in one process: broker, topics, five services, sample. Stays up until it is told to stop. */
export async function up(folder: string, flags: UpFlags, env: Environment, output: Output): Promise<number> {
  const startedAt = systemClock.monotonic();
  const loaded = loadRunnable(folder, flags, env);
  if (flags.sample) jsonOnly(loaded, "--sample");
  const sample = flags.sample ? await sampleOf(folder) : null;
  if (flags.exitWhenDrained && sample === null) {
    throw new WeirError({ code: "WEIR-6004", what: "--exit-when-drained needs a finite input", fix: "add --sample" }, { exitCode: 2 });
  }
  output.note(`weir: pipeline ${loaded.pipeline.name}, spec ${loaded.pipeline.digest.slice(0, 8)}`);
  const stopped = stopSignal();
  const dataDir = flags.data ?? (await mkdtemp(path.join(tmpdir(), "weir-")));
  const broker = await startBroker({
    use: brokerToUse(folder, flags, env),
    port: Number(flags.kafkaPort),
    dataDir,
    note: (line) => output.note(`  ${line}`),
  });
  const lost = new Promise<never>((_, reject) => void broker.fault?.then(reject));
  const over = Promise.race([stopped, lost]);
  over.catch(() => {}); // whoever waits is told
  try {
    return await runUp({ loaded, flags, env, output, broker, sample, startedAt, dataDir, stopped: over });
  } catch (error) {
    if (broker.fault) await Promise.race([lost, systemClock.sleep(LOST_MS)]);
    throw error;
  } finally {
    await broker.stop();
    if (flags.data === undefined) await rm(dataDir, { recursive: true, force: true });
    else output.note(`weir: stopped; topics and offsets are kept in ${flags.data}`);
  }
}

/** As told, else where the environment says that the brokers are. */
function brokerToUse(folder: string, flags: UpFlags, env: Environment): string | undefined {
  const told = flags.broker ?? (env["WEIR_KAFKA"] || undefined);
  if (told !== undefined || (flags.env ?? env["WEIR_ENV"] ?? "") === "") return told;
  return connectionOf({ ...flags, pipeline: folder }, env).brokers.join(",");
}

interface Up {
  readonly loaded: LoadedPipeline;
  readonly flags: UpFlags;
  readonly env: Environment;
  readonly output: Output;
  readonly broker: Broker;
  readonly sample: string | null;
  readonly startedAt: number;
  readonly dataDir: string;
  /** Exit code of the signal that came; rejects when the broker is gone. */
  readonly stopped: Promise<number>;
}

async function runUp({ loaded, flags, env, output, broker, sample, startedAt, dataDir, stopped }: Up): Promise<number> {
  const connection =
    broker.kind === "external"
      ? connectionOf({ ...flags, broker: broker.address, pipeline: loaded.folder }, env)
      : plainConnection(broker.address);
  await using log = await connect(connection, "up");
  if (broker.kind === "external") await verifyTopics(log, loaded.topology.topics, broker.address);
  else await createTopics(log, loaded.topology, 1);
  const slot = sha256(path.resolve(dataDir)).slice(0, 8);
  let isOver = false;
  const running = await startServices({
    loaded,
    connection,
    names: SERVICES,
    fused: flags.fused === true,
    host: env["WEIR_HOST"] ?? "127.0.0.1",
    port: Number(flags.port),
    slotOf: (service) => `${slot}-${service}`,
    transactionTimeoutMs: broker.kind === "external" ? 15_000 : 10_000,
    logLevel: env["WEIR_LOG"] ?? "warn",
  });
  try {
    for (const line of table(
      ["service", "listens on"],
      running.services.map((s) => [s.name, s.url]),
    ))
      output.note(`  ${line}`);
    output.note(`  Kafka on ${broker.address} (kcat -b ${broker.address} -L); not for production`);
    if (sample !== null) {
      const playing = playSample({
        loaded,
        output,
        log,
        sample,
        startedAt,
        running,
        failed: () => running.failed() ?? (isOver ? new Error("stopped") : null),
        json: flags.exitWhenDrained === true,
      });
      playing.catch(() => {}); // nobody waits for it any more when it is told to stop
      const over = await Promise.race([playing, stopped]);
      if (typeof over === "number") return over;
      if (flags.exitWhenDrained) return 0;
    }
    for (const line of thingsToTry(loaded, flags, broker.address)) output.note(line);
    return await Promise.race([stopped, failure(running)]);
  } finally {
    isOver = true;
    await running.stop();
  }
}

interface Playing extends Pick<Up, "loaded" | "output" | "startedAt"> {
  readonly log: Awaited<ReturnType<typeof connect>>;
  readonly sample: string;
  readonly running: RunningServices;
  /** Why it is of no use to wait any longer. */
  readonly failed: () => Error | null;
  readonly json: boolean;
}

async function playSample({ loaded, output, log, sample, startedAt, running, failed, json }: Playing): Promise<void> {
  const { monitor } = running;
  if (!monitor) throw new Error("the sample is followed by the monitor");
  const before = monitor.status().stages[0]?.in ?? 0;
  const { topology, pipeline } = loaded;
  const { records } = await produce({
    log,
    clock: systemClock,
    topic: topology.entryTopic,
    lines: readLines(sample),
    key: pipeline.record.key,
    id: typeof pipeline.record.id === "string" ? pipeline.record.id : null,
    rate: null,
    endOn: topology.control,
    onProgress: () => {},
  });
  output.note(`  ${records.toLocaleString("en-US")} records of the sample produced to ${topology.entryTopic}`);
  await waitDrained(systemClock, () => monitor.status(), before + records, failed, output.note);
  const summary = summarise(monitor.status(), monitor.windows(), before + records, systemClock.monotonic() - startedAt);
  if (json) output.data(JSON.stringify(summary));
  output.note("");
  for (const line of table(["port", "records"], [...Object.entries(summary.ports), ["dead letters", summary.deadLetters]]))
    output.note(`  ${line}`);
  for (const line of windowLines(monitor.windows())) output.note(line);
  output.note("");
}

function thingsToTry({ pipeline, topology, folder: where }: LoadedPipeline, flags: UpFlags, address: string): string[] {
  const folder = path.relative(process.cwd(), where);
  const routed = topology.stages.find((s) => s.type === "router");
  const branch = [...(routed?.outputs.values() ?? [])][0] ?? topology.entryTopic;
  const broker = address === "127.0.0.1:19092" ? "" : ` --broker ${address}`;
  return [
    `  Up. Try:`,
    `    npm run --silent weir -- tail ${branch} -o beginning -n 3${broker}`,
    `    npm run --silent weir -- status --pipeline ${folder}${broker}`,
    `    npm run --silent weir -- dlq list --quarantine ${[...pipeline.stages.values()].find((s) => s.type === "gate")?.id ?? "gate"} --pipeline ${folder} -n 5${broker}`,
    `  Ctrl-C stops everything${flags.data === undefined ? " and leaves nothing behind" : ""}.`,
  ];
}

async function sampleOf(folder: string): Promise<string> {
  for (const name of ["sample.ndjson.gz", "sample.ndjson"]) {
    const file = path.join(folder, "data", name);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new WeirError(
    {
      code: "WEIR-6007",
      what: "the pipeline has no sample",
      where: folder,
      why: "there is no data/sample.ndjson.gz or data/sample.ndjson",
      fix: "add one, or leave out --sample",
    },
    { exitCode: 2 },
  );
}

/** Resolves with the exit code of the first signal. A second one ends the process at once. */
function stopSignal(): Promise<number> {
  return new Promise((resolve) => {
    const on = (signal: NodeJS.Signals, code: number): void =>
      void process.once(signal, () => {
        process.once(signal, () => process.exit(code));
        resolve(code);
      });
    on("SIGINT", 130);
    on("SIGTERM", 143);
  });
}

async function failure(running: RunningServices): Promise<number> {
  await running.done;
  return 1;
}
