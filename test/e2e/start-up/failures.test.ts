import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ROOT, weir, type Ran } from "../command.ts";
import { weirHere } from "../in-process.ts";
import { startSecureBroker, type SecureBroker } from "../security/secure-broker.ts";

const KAFKA = inject("kafka");
const NOBODY = "127.0.0.1:1";
const FLIGHTS = path.join(ROOT, "deploy/pipelines/flights");
const CATALOGUE = readFileSync(path.join(ROOT, "packages/cli/ERRORS.md"), "utf8");

const root = mkdtempSync(path.join(tmpdir(), "weir-failures-"));
let squatter: Server;
let taken: number;
let secure: SecureBroker;

beforeAll(async () => {
  squatter = createServer();
  await new Promise<void>((resolve) => void squatter.listen(0, "127.0.0.1", resolve));
  const address = squatter.address();
  taken = typeof address === "object" && address !== null ? address.port : 0;
  secure = await startSecureBroker({ stranger: "stranger" });
});
afterAll(async () => {
  squatter.close();
  await secure[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** The pipeline of the flights under another name, so that its topics are its own. */
function flights(name: string): string {
  const folder = path.join(root, name);
  cpSync(FLIGHTS, folder, { recursive: true, filter: (from) => !/data\/(?:corrupt|flights|outcomes)|scripts/.test(from) });
  const spec = path.join(folder, "pipeline.yaml");
  writeFileSync(spec, readFileSync(spec, "utf8").replace(/^ {2}name: flights$/m, `  name: ${name}`).replaceAll("flights.gate", `${name}.gate`)); // prettier-ignore
  return folder;
}

function changed(name: string, change: (folder: string) => void): string {
  const folder = flights(name);
  change(folder);
  return folder;
}

interface Told {
  readonly exit: number;
  readonly code: string;
  /** What it says, by its four parts. */
  readonly says: RegExp;
}

/** The message has its four parts, its code is in the catalogue, nothing is said twice, and standard output is left alone. */
function expectTold(ran: Ran, { exit, code, says }: Told): void {
  expect(ran, ran.stderr).toMatchObject({ code: exit, stdout: "" });
  expect(ran.stderr).toMatch(says);
  const message = ran.stderr.slice(ran.stderr.indexOf(code));
  expect(message).toMatch(new RegExp(`^${code} \\S.*\\n {2}where: \\S.*\\n {2}why: {3}\\S[^]*\\n {2}do: {4}\\S`));
  expect(ran.stderr.split(code)).toHaveLength(2);
  expect(ran.stderr).not.toMatch(/\n {4}at /);
  expect(CATALOGUE.includes(`### ${code} `)).toBe(true);
}

// Those that could hang, or are told by the process itself, are processes of their own.
describe.concurrent("what cannot start says what happened, where, why, and what to do, and leaves with the documented exit code", () => {
  test.each<[string, () => Promise<Ran>, Told]>([
    [
      "the broker is away",
      () => weir(["run", "gate", "--pipeline", FLIGHTS, "--broker", NOBODY]),
      { exit: 4, code: "WEIR-7001", says: /no Kafka broker answers\n.*127\.0\.0\.1:1\n.*ECONNREFUSED/ },
    ],
    [
      "topics are missing",
      () => weirHere(["run", "gate", "--pipeline", flights("unmade"), "--broker", KAFKA]),
      { exit: 4, code: "WEIR-6006", says: /unmade\.gate\.pass \(missing, needs \d+ partitions\)[^]*weir apply/ },
    ],
    [
      "a right is missing",
      () => {
        const login = secure.environment("stranger", "PASSWORD", "sasl: {mechanism: plain, username: stranger, password: stranger}");
        return weirHere(["run", "gate", "--pipeline", FLIGHTS, "--env", login]);
      },
      { exit: 4, code: "WEIR-7003", says: /TOPIC_AUTHORIZATION_FAILED\n.*topic flights\.[^]*weir export acls/ },
    ],
    [
      "the port of a service is taken",
      async () => {
        const folder = flights("port");
        await using log = await createKafkaLog({ brokers: [KAFKA], clientId: "weir-port" });
        await log.createTopics(loadPipeline(folder, {}).topology.topics);
        return await weir(["run", "ingest", "--pipeline", folder, "--broker", KAFKA, "--port", String(taken)]);
      },
      { exit: 1, code: "WEIR-5101", says: /port \d+ is taken[^]*--port/ },
    ],
    [
      "the port of the embedded broker is taken",
      () => weir(["up", FLIGHTS, "--broker", "embedded", "--kafka-port", String(taken)]),
      { exit: 4, code: "WEIR-4309", says: new RegExp(`why: {3}process ${process.pid} [^]*--kafka-port`) },
    ],
    [
      "Java is missing",
      () => weir(["up", FLIGHTS, "--broker", "embedded"], "", { PATH: root, JAVA_HOME: "", WEIR_JAVA: path.join(root, "java") }),
      { exit: 4, code: "WEIR-4301", says: /WEIR_JAVA: \S+ does not run; PATH: java does not run[^]*--broker HOST:PORT/ },
    ],
    [
      "the pipeline file is broken",
      () =>
        weirHere([
          "run",
          "gate",
          "--broker",
          NOBODY,
          "--pipeline",
          changed("broken", (folder) => {
            const spec = path.join(folder, "pipeline.yaml");
            writeFileSync(spec, readFileSync(spec, "utf8").replace("lateness:", "latenes:").replace("default: manual", "defaults: manual"));
          }),
        ]),
      {
        exit: 3,
        code: "WEIR-5104",
        says: /pipeline\.yaml:27:\d+ .*latenes[^]*did you mean `lateness`[^]*pipeline\.yaml:\d+:\d+ .*did you mean `default`/,
      },
    ],
    [
      "there is no pipeline",
      () => weirHere(["run", "gate", "--broker", NOBODY, "--pipeline", path.join(root, "nowhere")]),
      { exit: 3, code: "WEIR-5103", says: /nowhere\/pipeline\.yaml/ },
    ],
    [
      "the model is missing",
      () => {
        const folder = changed("modelless", (at) => rmSync(path.join(at, "models/late-arrival/1"), { recursive: true }));
        return weirHere(["run", "inference", "--broker", NOBODY, "--pipeline", folder]);
      },
      { exit: 3, code: "WEIR-5104", says: /late-arrival.*\(WEIR-1601\)/ },
    ],
    [
      "the model's digest is wrong",
      () => {
        const folder = changed("altered", (at) => appendFileSync(path.join(at, "models/late-arrival/1/model.onnx"), "x"));
        return weirHere(["run", "inference", "--broker", NOBODY, "--pipeline", folder]);
      },
      { exit: 3, code: "WEIR-5104", says: /models\/late-arrival\/1\/model\.onnx is not the file that was registered .*\(WEIR-1602\)/ },
    ],
  ])("%s", async (_, run, told) => expectTold(await run(), told));
});

/** A disk of this size; null where the system gives none to whoever runs the test. */
function smallDisk(size: string): string | null {
  const folder = path.join(root, `disk-${size}`);
  mkdirSync(folder);
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", folder]).status === 0 ? folder : null;
}

describe.concurrent("a disk that is full", () => {
  test.each<[string, string, Told]>([
    ["before anything is written", "4k", { exit: 4, code: "WEIR-4307", says: /ENOSPC[^]*--data/ }],
    [
      "while Kafka is at work",
      "1m",
      { exit: 4, code: "WEIR-4314", says: /ended by itself\n[^]*no space is left where its data lies[^]*--data/ },
    ],
  ])("%s", async (_, size, told) => {
    const disk = smallDisk(size);
    if (disk === null) return console.error("SKIPPED: no file system can be mounted here, so no disk was full");
    try {
      const flags = ["--broker", "embedded", "--kafka-port", "0", "--port", "0", "--data", path.join(disk, "data")];
      expectTold(await weir(["up", FLIGHTS, "--sample", "--exit-when-drained", ...flags]), told);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
