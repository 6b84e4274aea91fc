import { describe, expect, test } from "vitest";
import { parseEnvironment } from "./environment.ts";

const parse = (text: string, env: Record<string, string> = {}, files: Record<string, string> = {}): ReturnType<typeof parseEnvironment> =>
  parseEnvironment(text, "env/prod.yaml", { env, readText: (path) => files[path] ?? null });
const problemsOf = (text: string): string[] => parse(text).problems.map((p) => [p.code, p.path, p.what, p.why, p.fix].join(" | "));

describe("an environment file", () => {
  test("names brokers, TLS and login; secrets come from files and variables", () => {
    const text = `
kafka:
  brokers: a:9093, b:9093
  tls: {ca: "\${file:/etc/ca.pem}", servername: kafka.internal}
  sasl: {mechanism: scram-sha-512, username: weir, password: "\${SECRET:?ask the platform team}"}
`;
    expect(parse(text, { SECRET: "s3cret" }, { "/etc/ca.pem": "PEM\n" })).toEqual({
      environment: {
        kafka: {
          brokers: ["a:9093", "b:9093"],
          tls: { ca: "PEM", servername: "kafka.internal" },
          sasl: { mechanism: "scram-sha-512", username: "weir", password: "s3cret" },
        },
      },
      problems: [],
    });
  });

  test.each([
    ["", { brokers: [] }],
    ["kafka: {brokers: ['[::1]:9092']}", { brokers: ["[::1]:9092"] }],
    ["kafka: {tls: true}", { brokers: [], tls: {} }],
    ["kafka: {tls: false}", { brokers: [] }],
    ["kafka: {sasl: {mechanism: oauthbearer, token: abc}}", { brokers: [], sasl: { mechanism: "oauthbearer", token: "abc" } }],
  ])("%s", (text, kafka) => {
    expect(parse(text)).toEqual({ environment: { kafka }, problems: [] });
  });

  test.each([
    ["kafka: {broker: a:1}", /WEIR-1203 \| kafka.broker \| unknown key `broker` .* did you mean `brokers`/],
    ["kafka: {brokers: localhost}", /WEIR-120\d \| kafka.brokers/],
    ["kafka: {sasl: {mechanism: kerberos}}", /WEIR-1204 .*kafka.sasl/],
    ["kafka: {sasl: {mechanism: plain, username: u}}", /WEIR-1202 \| kafka.sasl.password \| `password` is missing/],
    ["kafka: {tls: {cert: x}}", /cert and key belong together/],
    ["kafka: [", /WEIR-1001/],
  ])("is refused with the place: %s", (text, expected) => {
    expect(problemsOf(text).join("\n")).toMatch(expected);
  });

  test("never shows a secret, even one of the wrong form", () => {
    const said = problemsOf("kafka: {sasl: {mechanism: plain, username: u, password: 8675309}, tls: {ca: c, cert: d, key: 31415926}}").join(
      "\n",
    );
    expect(said).toMatch(/kafka.sasl.password/);
    expect(said).not.toMatch(/8675309|31415926/);
  });
});
