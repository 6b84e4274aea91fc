import { afterAll, beforeAll, expect, test } from "vitest";
import { createKafkaLog } from "@weir/kafka";
import { WeirError } from "@weir/record";
import { chooseConnection } from "@weir/service";
import { createAuthority } from "@weir/testkit";
import { weirHere } from "../in-process.ts";
import { PASSWORD, startSecureBroker, USER, type SecureBroker } from "./secure-broker.ts";

let secure: SecureBroker;
beforeAll(async () => {
  secure = await startSecureBroker();
});
afterAll(() => secure[Symbol.asyncDispose]());

/** What a person is told who connects with this environment. */
async function refusal(
  environment: string,
): Promise<{ code: string; what: string; why: string; fix: boolean; where: string; exit: number }> {
  try {
    await using log = await createKafkaLog({
      ...chooseConnection({ brokers: null, environment, folder: null, env: {} }),
      clientId: "weir-refused",
      connectMs: 3000,
    });
    await log.partitions(["any"]);
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    const { code, what, why = "", fix = "", where = "" } = error.problem;
    return { code, what, why, fix: fix.length > 10, where, exit: error.exitCode };
  }
  throw new Error("it was let in");
}

const login = (mechanism: string, password: string): string =>
  `sasl: {mechanism: ${mechanism}, username: ${USER}, password: "${password}"}`;
const CA = `tls: {ca: "\${file:ca.pem}"}`;
const DAY_MS = 86_400_000;

test.each([
  ["a wrong password", "PASSWORD", login("plain", "wrong"), "WEIR-7002", /Authentication failed/],
  ["a wrong SCRAM password", "SCRAM", `${CA}, ${login("scram-sha-512", "wrong")}`, "WEIR-7002", /SCRAM/],
  ["a mechanism that the listener does not take", "PASSWORD", login("scram-sha-512", PASSWORD), "WEIR-7002", /SASL/],
  ["no login where one is wanted", "PASSWORD", "tls: false", "WEIR-7002", /wants a login by PLAIN, and the settings have no sasl/],
  ["a login where none is taken", "TLS", `${CA}, ${login("plain", PASSWORD)}`, "WEIR-7002", /takes no login/],
  ["a token that is none", "TOKEN", `sasl: {mechanism: oauthbearer, token: nonsense}`, "WEIR-7002", /./],
  ["plain text to a TLS port", "TLS", "tls: false", "WEIR-7011", /it speaks TLS, the settings are plain/],
  ["TLS to a plain port", "PASSWORD", CA, "WEIR-7011", /it speaks no TLS, the settings do/],
  ["an authority that nobody knows", "TLS", "tls: true", "WEIR-7010", /certificate/],
  [
    "a host that the certificate does not name",
    "TLS",
    `tls: {ca: "\${file:ca.pem}", servername: kafka.example}`,
    "WEIR-7010",
    /kafka\.example/,
  ],
  ["no client certificate where one is wanted", "MTLS", CA, "WEIR-7012", /certificate/],
])("%s is told as that", async (_, door, kafka, code, why) => {
  const told = await refusal(secure.environment("refused", door, kafka));
  expect(told).toMatchObject({ code, why: expect.stringMatching(why) as string, fix: true, exit: 4 });
  expect(told.where).toContain(secure.door(door));
  expect(JSON.stringify(told)).not.toContain(PASSWORD);
});

test("certificates: another authority, an expired one, one whose key is another's", async () => {
  const stranger = createAuthority("stranger", new Date());
  const long = new Date(Date.now() - 2 * DAY_MS);
  const expired = secure.authority.sign({ name: USER, notBefore: long, notAfter: new Date(Date.now() - DAY_MS) });
  const mtls = `tls: {ca: "\${file:ca.pem}", cert: "\${file:client.pem}", key: "\${file:client.key}"}`;
  const withClient = (cert: string, key: string): ReturnType<typeof refusal> =>
    refusal(secure.environment("client", "MTLS", mtls, { "client.pem": cert, "client.key": key }));
  expect(await refusal(secure.environment("stranger", "TLS", CA, { "ca.pem": stranger.cert }))).toMatchObject({
    code: "WEIR-7010",
    exit: 4,
  });
  const foreign = stranger.sign({ name: USER });
  expect(await withClient(foreign.cert, foreign.key)).toMatchObject({ code: "WEIR-7012", exit: 4 });
  expect(await withClient(expired.cert, expired.key)).toMatchObject({ code: "WEIR-7012", exit: 4 });
  expect(await withClient(expired.cert, foreign.key)).toMatchObject({
    code: "WEIR-7012",
    why: expect.stringMatching(/key values mismatch/) as string,
  });
  expect(await withClient("no certificate", foreign.key)).toMatchObject({ code: "WEIR-7012" });
});

test("the command line says all four parts and leaves with 4; nobody without rights learns more than that", async () => {
  const wrong = await weirHere(["doctor", "--env", secure.environment("wrong", "PASSWORD", login("plain", "wrong"))]);
  expect(wrong.code).toBe(4);
  expect(wrong.stdout).toMatch(/WEIR-7002 Kafka refuses the login · where: .* · why: .* · do: /);
  const denied = await weirHere([
    "tail",
    "secret.topic",
    "-e",
    "--env",
    secure.environment("denied", "PASSWORD", login("plain", PASSWORD)),
  ]);
  expect(denied.code).toBe(4);
  expect(denied.stderr).toMatch(
    /WEIR-7003 Kafka refuses: TOPIC_AUTHORIZATION_FAILED\n {2}where: topic secret.topic\n {2}why: {3}\S.*\n {2}do: {4}\S/,
  );
});
