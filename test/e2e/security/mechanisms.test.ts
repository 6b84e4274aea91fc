import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKafkaLog } from "@weir/kafka";
import { rightsOf } from "@weir/pipeline";
import { chooseConnection, loadPipeline } from "@weir/service";
import { serveHere, weirHere } from "../in-process.ts";
import { PASSWORD, startSecureBroker, unsignedToken, USER, type SecureBroker } from "./secure-broker.ts";
import { smallFlights } from "./small-flights.ts";

const LINES = 1000;
let secure: SecureBroker;
beforeAll(async () => {
  secure = await startSecureBroker();
});
afterAll(() => secure[Symbol.asyncDispose]());

/** Creates the pipeline's topics as an administrator does, and lets one principal do the work of all services. */
async function prepare(folder: string): Promise<void> {
  const { pipeline, topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [secure.broker.address], clientId: "weir-prepare" });
  await log.createTopics(topology.topics);
  await secure.admin.grant(rightsOf(pipeline, topology).map((r) => ({ ...r, type: r.resource, principal: `User:${USER}` })));
}

const TLS = `ca: "\${file:ca.pem}"`;

test("the same records pass over every way to come in", async () => {
  const client = secure.authority.sign({ name: USER });
  const ways: readonly (readonly [name: string, door: string, kafka: string, files?: Readonly<Record<string, string>>])[] = [
    ["tls", "TLS", `tls: {${TLS}}`],
    ["mtls", "MTLS", `tls: {${TLS}, cert: "\${file:c.pem}", key: "\${file:c.key}"}`, { "c.pem": client.cert, "c.key": client.key }],
    ["plain", "PASSWORD", `sasl: {mechanism: plain, username: ${USER}, password: "\${file:p}"}`, { p: `${PASSWORD}\n` }],
    ["scram", "SCRAM", `tls: {${TLS}}, sasl: {mechanism: scram-sha-512, username: ${USER}, password: "${PASSWORD}"}`],
    ["token", "TOKEN", `sasl: {mechanism: oauthbearer, token: "\${file:t}"}`, { t: unsignedToken(USER, Date.now()) }],
  ];
  const summaries: unknown[] = [];
  for (const [name, door, kafka, files] of ways) {
    using flights = smallFlights(`flights-${name}`, LINES);
    await prepare(flights.folder);
    const env = secure.environment(name, door, kafka, files);
    const ran = await weirHere(["up", flights.folder, "--env", env, "--sample", "--exit-when-drained", "--port", "0"]);
    expect(ran.code, ran.stderr).toBe(0);
    const { ms, pipeline, windows, ...counts } = JSON.parse(ran.stdout) as { ms: number; pipeline: string; windows: object[] };
    expect({ ms: ms > 0, pipeline, windows: windows.length > 0 }).toEqual({ ms: true, pipeline: `flights-${name}`, windows: true });
    summaries.push(counts);
  }
  expect(summaries[0]).toMatchObject({ in: LINES, balanced: true, deadLetters: 0 });
  expect(summaries).toEqual(ways.map(() => summaries[0]));
});

test("a password that is rotated while services run: they log in with the new one, and nothing is lost or doubled", async () => {
  using flights = smallFlights("flights-rotated", LINES);
  await prepare(flights.folder);
  const env = secure.environment(
    "rotated",
    "SCRAM",
    `tls: {${TLS}}, sasl: {mechanism: scram-sha-512, username: ${USER}, password: "\${file:rotated}"}`,
    { rotated: PASSWORD },
  );
  const connection = chooseConnection({ brokers: null, environment: env, folder: null, env: {} });
  await using _served = await serveHere(["gate", "inference", "router"], loadPipeline(flights.folder, {}), connection);
  const produce = (more: readonly string[]): ReturnType<typeof weirHere> =>
    weirHere(["produce", "--pipeline", flights.folder, "-f", flights.sample, "--env", env, ...more]);
  expect(await produce([])).toMatchObject({ code: 0 });
  await secure.admin.setPassword(USER, "another horse");
  const stale = await weirHere(["status", "--pipeline", flights.folder, "--env", env]);
  expect({ code: stale.code, told: /WEIR-7002/.test(stale.stderr) }).toEqual({ code: 4, told: true });
  writeFileSync(path.join(path.dirname(env), "rotated"), "another horse");
  expect(await produce(["--end"])).toMatchObject({ code: 0 });
  // Every connection logs in again within two seconds, and the pipeline goes on to the end.
  await expect
    .poll(
      async () => {
        const { stdout } = await weirHere(["audit", "counts", "--json", "--pipeline", flights.folder, "--env", env]);
        const { entry, balanced, inFlight, held } = JSON.parse(stdout) as Record<string, unknown>;
        return { entry, balanced, inFlight, held };
      },
      { timeout: 60_000, interval: 500 },
    )
    .toEqual({ entry: 2 * LINES, balanced: true, inFlight: 0, held: 0 });
  await secure.admin.setPassword(USER, PASSWORD);
});
