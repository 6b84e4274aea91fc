import { WeirError } from "@weir/record";
import { loadPipeline, type Environment, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { Command, type CommanderError } from "commander";
import { auditCounts } from "./commands/audit-counts.ts";
import { listDeadLetters } from "./commands/dlq.ts";
import { doctor } from "./commands/doctor.ts";
import { explain } from "./commands/explain.ts";
import { produceCommand } from "./commands/produce.ts";
import { runServices } from "./commands/run.ts";
import { readStatus } from "./commands/status.ts";
import { asText, headersAsText, tail, topicNamed } from "./commands/tail.ts";
import { validate } from "./commands/validate.ts";
import { brokerAddress, connect } from "./connect.ts";
import { table, type Output } from "./output.ts";
import { up } from "./up/up.ts";
import { VERSION } from "./version.ts";

/** Thrown after everything was said already: only the exit code is left to set. */
export class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** All commands; each writes data to `output.data`, everything else to `output.note`. */
export function createProgram(env: Environment, output: Output): Command {
  const program = new Command("weir")
    .description("AI pipelines on Apache Kafka, with gates")
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for the options)")
    .configureOutput({ writeErr: (text) => output.note(text.trimEnd()) })
    .exitOverride(exitOf);
  const command = (name: string, description: string, examples: string): Command =>
    program.command(name).description(description).exitOverride(exitOf).addHelpText("beforeAll", `Examples:\n${examples}\n`);

  addUp(command, env, output);
  addRun(command, env, output);
  addValidate(command, env, output);
  addProduce(command, env, output);
  addTail(command, env, output);
  addStatus(command, env, output);
  addDeadLetters(command, env, output);
  addAudit(command, env, output);
  command("doctor", "look at connections, versions, clock, Java and Maven", "  weir doctor")
    .option("--broker <host:port>", "broker to look at")
    .option("--json", "one line of JSON")
    .action(async (flags: { broker?: string; json?: boolean }) =>
      finish(await doctor(brokerAddress(flags.broker, env), env, flags.json === true, output)),
    );
  command("explain", "what a code means and what to do", "  weir explain WEIR-1203")
    .argument("<code>")
    .action((code: string) => finish(explain(code, output)));
  command("version", "version of Weir and of what it runs on", "  weir version")
    .option("--json", "one line of JSON")
    .action((flags: { json?: boolean }) => {
      output.data(
        flags.json ? JSON.stringify({ weir: VERSION, node: process.versions.node }) : `weir ${VERSION} (node ${process.versions.node})`,
      );
    });
  return program;
}

type MakeCommand = (name: string, description: string, examples: string) => Command;

function addUp(command: MakeCommand, env: Environment, output: Output): void {
  command(
    "up",
    "run a pipeline: broker, five services, sample",
    "  weir up deploy/pipelines/flights --sample\n  weir up my-pipeline --broker kafka:9092",
  )
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--broker <where>", "embedded, testcontainers or HOST:PORT")
    .option("--kafka-port <n>", "port of the embedded broker", "19092")
    .option("--sample", "produce the pipeline's sample, once")
    .option("--exit-when-drained", "the input is finite: judge what is open at its end, print one JSON summary, exit")
    .option("--data <dir>", "keep topics and offsets in this folder")
    .option("--port <n>", "port of the ingest service; the others follow", "8080")
    .option("--fused", "neighbouring stages in one process, no topics between them")
    .action(async (folder: string, flags: Parameters<typeof up>[1]) => finish(await up(folder, flags, env, output)));
}

function addRun(command: MakeCommand, env: Environment, output: Output): void {
  command("run", "run the named services of a pipeline in this process", "  weir run gate --pipeline my-pipeline --broker kafka:9092")
    .argument("<service...>", "ingest, gate, inference, router, monitor")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--broker <host:port>", "bootstrap address")
    .option("--port <n>", "port of the ingest service; the others follow", "8080")
    .option("--fused", "neighbouring stages of the named services as one chain")
    .action(async (services: string[], flags: Parameters<typeof runServices>[1]) =>
      finish(await runServices(services, flags, env, output)),
    );
}

function addValidate(command: MakeCommand, env: Environment, output: Output): void {
  command("validate", "check a pipeline file and what it names; needs no broker", "  weir validate deploy/pipelines/flights")
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--strict", "warnings count as errors")
    .option("--json", "problems as one JSON line")
    .action((folder: string, flags: { strict?: boolean; json?: boolean }) => finish(validate(folder, flags, env, output)));
}

function addProduce(command: MakeCommand, env: Environment, output: Output): void {
  command(
    "produce",
    "write records, one JSON value a line",
    "  weir produce --pipeline deploy/pipelines/flights -f day.ndjson.gz --end\n  weir produce -t raw.events < events.ndjson",
  )
    .option("-t, --topic <name>", "topic to write")
    .option("--pipeline <dir>", "write this pipeline's entry topic, keyed as it says")
    .option("-f, --file <file>", "file of one record a line, .gz is unpacked; default: standard input")
    .option("--key <pointer>", "JSON pointer of the key")
    .option("--rate <n>", "records a second")
    .option("--end", "say that the input ends here: open windows are judged (needs --pipeline)")
    .option("--broker <host:port>", "bootstrap address")
    .option("--json", "one line of JSON")
    .action(async (flags: Parameters<typeof produceCommand>[0]) => finish(await produceCommand(flags, env, output)));
}

function addTail(command: MakeCommand, env: Environment, output: Output): void {
  command(
    "tail",
    "committed records of a topic, as they come",
    "  weir tail flights.route.auto -n 5\n  weir tail gate.quarantine --pipeline deploy/pipelines/flights -o beginning -e",
  )
    .argument("<topic>", "a topic, or STAGE.PORT with --pipeline")
    .option("--pipeline <dir>", "pipeline that STAGE.PORT belongs to")
    .option("-o, --offset <from>", "beginning, end, an offset, or -N before the end", "end")
    .option("-n, --limit <n>", "stop after so many records")
    .option("-e, --exit", "stop at the end")
    .option("--json", "key, value, headers and place as one JSON line a record")
    .option("--broker <host:port>", "bootstrap address")
    .action(
      async (
        name: string,
        flags: { pipeline?: string; offset: string; limit?: string; exit?: boolean; json?: boolean; broker?: string },
      ) => {
        const loaded = flags.pipeline === undefined ? null : loadPipeline(flags.pipeline, env);
        await withLog(brokerAddress(flags.broker, env), "tail", async (log) => {
          const topic = topicNamed(name, loaded);
          if (!(await log.partitions([topic])).has(topic)) throw noTopic(topic);
          const limit = flags.limit === undefined ? null : Number(flags.limit);
          await tail({
            log,
            topic,
            from: flags.offset,
            limit,
            exitAtEnd: flags.exit === true,
            onRecord: ({ partition }, r) =>
              output.data(
                flags.json
                  ? JSON.stringify({
                      topic,
                      partition,
                      offset: r.offset,
                      timestamp: r.timestamp,
                      key: asText(r.key),
                      value: asText(r.value),
                      headers: headersAsText(r.headers),
                    })
                  : (asText(r.value) ?? ""),
              ),
          });
        });
      },
    );
}

function addStatus(command: MakeCommand, env: Environment, output: Output): void {
  command("status", "what each stage did, from the execution log", "  weir status --pipeline deploy/pipelines/flights")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--broker <host:port>", "bootstrap address")
    .option("--json", "one line of JSON")
    .action(async (flags: { pipeline: string; broker?: string; json?: boolean }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(brokerAddress(flags.broker, env), "status", async (log) => {
        const status = await readStatus(loaded, log);
        if (flags.json) return output.data(JSON.stringify(status));
        const rows = status.stages.map((s) => [
          s.id,
          s.in,
          Object.entries(s.ports)
            .map(([p, n]) => `${p} ${n}`)
            .join(", "),
          s.held,
          s.inFlight,
          s.lastAt ?? "-",
        ]);
        for (const line of table(["stage", "in", "ports", "held", "in flight", "last execution"], rows)) output.data(line);
      });
    });
}

function addDeadLetters(command: MakeCommand, env: Environment, output: Output): void {
  const dlq = command(
    "dlq",
    "dead letters: what could not be processed",
    "  weir dlq list --pipeline deploy/pipelines/flights\n  weir dlq show flights.dlq/0/17 --pipeline deploy/pipelines/flights",
  );
  const options = (c: Command): Command =>
    c
      .exitOverride(exitOf)
      .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
      .option("--broker <host:port>", "bootstrap address")
      .option("--json", "one JSON line a record");
  options(dlq.command("list").description("dead letters, oldest first"))
    .option("--quarantine <stage>", "the records that this gate quarantined instead")
    .option("-n, --limit <n>", "at most so many")
    .action(async (flags: { pipeline: string; broker?: string; json?: boolean; quarantine?: string; limit?: string }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(brokerAddress(flags.broker, env), "dlq", async (log) => {
        const topic = flags.quarantine === undefined ? loaded.topology.dlq : topicNamed(`${flags.quarantine}.quarantine`, loaded);
        let left = flags.limit === undefined ? Infinity : Number(flags.limit);
        for await (const { at, description: d } of listDeadLetters(loaded, log, topic)) {
          if (left-- <= 0) break;
          output.data(
            flags.json
              ? JSON.stringify({ at, ...d })
              : `${at}  ${d?.class ?? "?"}  ${d?.stage ?? "?"}  ${d?.message ?? "not a dead letter of Weir"}`,
          );
        }
      });
    });
  options(
    dlq.command("show").argument("<place>", "TOPIC/PARTITION/OFFSET as the list names it").description("one dead letter, whole"),
  ).action(async (place: string, flags: { pipeline: string; broker?: string; json?: boolean }) => {
    const loaded = loadPipeline(flags.pipeline, env);
    await withLog(brokerAddress(flags.broker, env), "dlq", (log) => showDeadLetter(place, loaded, log, output));
  });
}

async function showDeadLetter(place: string, loaded: LoadedPipeline, log: Log, output: Output): Promise<void> {
  for await (const { at, description, record } of listDeadLetters(loaded, log, place.split("/")[0])) {
    if (at !== place) continue;
    return output.data(
      JSON.stringify(
        { at, ...description, key: asText(record.key), value: asText(record.value), headers: headersAsText(record.headers) },
        null,
        2,
      ),
    );
  }
  throw new WeirError({
    code: "WEIR-6003",
    what: "no such dead letter",
    where: place,
    why: "there is no committed record at this place",
    fix: "take the place from weir dlq list",
  });
}

function addAudit(command: MakeCommand, env: Environment, output: Output): void {
  const audit = command("audit", "hold what happened against what should have", "  weir audit counts --pipeline deploy/pipelines/flights");
  audit
    .command("counts")
    .description("entry = ends + held + in flight, counted record by record")
    .exitOverride(exitOf)
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--broker <host:port>", "bootstrap address")
    .option("--json", "one line of JSON")
    .action(async (flags: { pipeline: string; broker?: string; json?: boolean }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(brokerAddress(flags.broker, env), "audit", async (log) => {
        const counts = await auditCounts(loaded, log);
        if (flags.json) output.data(JSON.stringify(counts));
        else {
          const rows = [["entry", counts.entry], ...Object.entries(counts.ends), ["held", counts.held], ["in flight", counts.inFlight]] as [
            string,
            number,
          ][];
          for (const line of table(["where", "records"], rows)) output.data(line);
          output.data(
            counts.balanced ? "balanced: every record that entered is accounted for, once" : "NOT balanced: records are missing or doubled",
          );
        }
        finish(counts.balanced ? 0 : 5);
      });
    });
}

async function withLog(address: string, name: string, act: (log: Log) => Promise<void>): Promise<void> {
  await using log = await connect(address, name);
  await act(log);
}

function finish(code: number): void {
  if (code !== 0) throw new Exit(code);
}

function exitOf(error: CommanderError): never {
  const asked = ["commander.helpDisplayed", "commander.help", "commander.version"].includes(error.code);
  throw new Exit(asked ? 0 : 2);
}

function noTopic(topic: string): WeirError {
  return new WeirError({
    code: "WEIR-6002",
    what: "no such topic",
    where: topic,
    why: "the broker does not know it",
    fix: "check the name, or give --pipeline to name it STAGE.PORT",
  });
}
