import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consoleTools, findJava } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { ROLES, type Right, type Role } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import { chooseConnection, loadPipeline, plainConnection, type Connection, type LoadedPipeline } from "@weir/service";
import { serveHere, weirHere, type ServedHere } from "../in-process.ts";
import type { Grant } from "./rights-admin.ts";
import { startSecureBroker, type SecureBroker } from "./secure-broker.ts";
import { smallFlights, type SmallFlights } from "./small-flights.ts";

const LINES = 700;
/** A door for each role: its own user. */
const passwordOf = (role: Role): string => `${role} horse`;
const SERVICES = ["ingest", "gate", "inference", "router", "monitor"] as const;

let secure: SecureBroker;
let flights: SmallFlights;
let loaded: LoadedPipeline;
let rights: readonly (Right & { readonly principal: string })[];

beforeAll(async () => {
  flights = smallFlights("least", LINES);
  secure = await startSecureBroker(Object.fromEntries(ROLES.map((role) => [`least-${role}`, passwordOf(role)])));
  loaded = loadPipeline(flights.folder, {});
  await using log = await createKafkaLog({ brokers: [secure.broker.address], clientId: "weir-prepare" });
  await log.createTopics(loaded.topology.topics);
  const exported = await weirHere(["export", "acls", flights.folder, "--json"]);
  rights = exported.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as (typeof rights)[number]);
  await secure.admin.grant(rights.map(grantOf));
});
afterAll(async () => {
  flights[Symbol.dispose]();
  await secure[Symbol.asyncDispose]();
});

const grantOf = ({ resource, ...right }: (typeof rights)[number]): Grant => ({ ...right, type: resource });

function environmentOf(role: Role): string {
  const login = `sasl: {mechanism: plain, username: least-${role}, password: "${passwordOf(role)}"}`;
  return secure.environment(role, "PASSWORD", login);
}

function connectionOf(role: Role): Connection {
  return chooseConnection({ brokers: null, environment: environmentOf(role), folder: null, env: {} });
}

async function produce(file: string): Promise<void> {
  const produced = await weirHere(["produce", "--pipeline", flights.folder, "-f", file, "--end", "--env", environmentOf("operator")]);
  expect(produced, produced.stderr).toMatchObject({ code: 0 });
}

async function settled(entry: number): Promise<void> {
  const counts = async (): Promise<unknown> => {
    const { stdout, stderr } = await weirHere([
      "audit",
      "counts",
      "--json",
      "--pipeline",
      flights.folder,
      "--env",
      environmentOf("operator"),
    ]);
    const { entry: found, balanced, inFlight, held } = JSON.parse(stdout || JSON.stringify({ entry: stderr })) as Record<string, unknown>;
    return { entry: found, balanced, inFlight, held };
  };
  await expect.poll(counts, { timeout: 60_000, interval: 300 }).toEqual({ entry, balanced: true, inFlight: 0, held: 0 });
}

describe("with the rights that weir export acls names, one principal a service", () => {
  test("the whole pipeline runs, and people can look", async () => {
    const served: ServedHere[] = [];
    for (const service of SERVICES) served.push(await serveHere([service], loaded, connectionOf(service)));
    await produce(flights.chunk(0));
    await settled(LINES + 1);
    for (const command of [["status"], ["dlq", "list"]]) {
      const ran = await weirHere([...command, "--pipeline", flights.folder, "--env", environmentOf("operator")]);
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
    }
    await Promise.all(served.map((s) => s[Symbol.asyncDispose]()));
  });

  test("gate and monitor need every one of their rights: without it they say which, and commit nothing over unread", async () => {
    // Alerts are written when a breaker opens, which none does here.
    const needed = rights.filter((r) => (r.role === "gate" || r.role === "monitor") && r.name !== loaded.topology.alerts);
    const told = new Map<string, string>();
    for (const [i, right] of needed.entries()) {
      const { role, operation, name } = right;
      await secure.admin.withdraw([grantOf(right)]);
      await using service = await startedOr(serveHere([role === "gate" ? "gate" : "monitor"], loaded, connectionOf(role)));
      if (role === "gate") await produce(flights.chunk(1 + i));
      const fault = await within(30_000, service.fault, `without ${operation} on ${name}`);
      await secure.admin.grant([grantOf(right)]);
      if (!(fault instanceof WeirError)) throw fault;
      const { code, where = "" } = fault.problem;
      told.set(`${role} ${operation} ${name}`, `${fault.exitCode} ${code}${where.includes(name.replace(/-$/, "")) ? "" : ` at ${where}`}`);
    }
    expect(told).toEqual(new Map(needed.map(({ role, operation, name }) => [`${role} ${operation} ${name}`, "4 WEIR-7003"])));
    const written = needed.filter((r) => r.role === "gate").length;
    await using _rest = await serveHere(["gate", "inference", "router"], loaded, {
      brokers: [secure.broker.address],
      security: () => ({}),
    });
    await settled((1 + written) * (LINES + 1));
  });
  test("a right that is withdrawn in flight ends the service with the same words; what it had not committed is read again", async () => {
    const right = rights.find((r) => r.role === "gate" && r.operation === "write" && r.name === "least.gate.pass");
    if (right === undefined) throw new Error("the gate writes its pass");
    const before = await entryCount();
    {
      await using gate = await serveHere(["gate"], loaded, connectionOf("gate"));
      await using _rest = await serveHere(["inference", "router"], loaded, plainConnection(secure.broker.address));
      await produce(flights.chunk(15));
      await settled(before + LINES + 1);
      await secure.admin.withdraw([grantOf(right)]);
      await produce(flights.chunk(16));
      const fault = await within(30_000, gate.fault, "the right to write was withdrawn");
      expect(fault).toMatchObject({ exitCode: 4, problem: { code: "WEIR-7003", where: expect.stringContaining(right.name) as string } });
    }
    await secure.admin.grant([grantOf(right)]);
    await using _all = await serveHere(["gate", "inference", "router"], loaded, plainConnection(secure.broker.address));
    await settled(before + 2 * (LINES + 1));
  });

  test("the commands do in Kafka's own tool what the JSON says", async () => {
    const exported = await weirHere(["export", "acls", flights.folder, "--principal", "gate=User:CN=gate,O=flights"]);
    const commands = exported.stdout.split("\n").filter((line) => line.includes("CN=gate,O=flights"));
    const prefixed = commands.find((line) => line.includes("prefixed")) ?? "";
    const tool = await aclTool();
    const { stdout } = await promisify(execFile)(
      "sh",
      ["-c", prefixed.replace(/^kafka-acls/, tool).replace('--command-config "$ADMIN"', "")],
      {
        env: { ...process.env, KAFKA: secure.broker.address },
      },
    );
    expect(stdout).toMatch(/resourceType=TRANSACTIONAL_ID, name=weir-least\.gate-, patternType=PREFIXED/);
    expect(stdout).toMatch(/principal=User:CN=gate,O=flights, host=\*, operation=WRITE, permissionType=ALLOW/);
  });
});

/** Kafka's kafka-acls, as a command of a shell. */
async function aclTool(): Promise<string> {
  const jars = await consoleTools();
  const { command } = await findJava(process.env);
  return `'${command}' -XX:TieredStopAtLevel=1 -Dorg.apache.logging.log4j.level=OFF -cp '${jars.join(path.delimiter)}' org.apache.kafka.tools.AclCommand`;
}

async function entryCount(): Promise<number> {
  const { stdout } = await weirHere(["audit", "counts", "--json", "--pipeline", flights.folder, "--env", environmentOf("operator")]);
  return Number((JSON.parse(stdout) as { entry: unknown }).entry);
}

async function startedOr(starting: Promise<ServedHere>): Promise<ServedHere> {
  return starting.catch((error: unknown) => ({ fault: Promise.resolve(error), urls: new Map(), [Symbol.asyncDispose]: async () => {} }));
}

async function within<T>(ms: number, work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing for ${ms} ms: ${what}`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
