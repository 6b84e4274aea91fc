import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { chooseConnection } from "./connection.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weir-env-"));
mkdirSync(path.join(folder, "env"));
const write = (name: string, text: string): void => writeFileSync(path.join(folder, "env", name), text);
afterAll(() => rmSync(folder, { recursive: true }));

const PROD = `kafka: {brokers: [b1:9093, b2:9093], tls: true, sasl: {mechanism: plain, username: weir, password: "\${file:secret}"}}`;

describe("the connection", () => {
  test("takes addresses from flag or variable, then from the environment file, then the fallback", () => {
    write("prod.yaml", PROD);
    write("secret", "one\n");
    const choose = (brokers: string | null, environment: string | null): readonly string[] =>
      chooseConnection({ brokers, environment, folder, env: {}, fallback: "127.0.0.1:19092" }).brokers;
    expect(choose("a:1, b:2", "prod")).toEqual(["a:1", "b:2"]);
    expect(choose(null, "prod")).toEqual(["b1:9093", "b2:9093"]);
    expect(choose(null, path.join(folder, "env/prod.yaml"))).toEqual(["b1:9093", "b2:9093"]);
    expect(choose(null, null)).toEqual(["127.0.0.1:19092"]);
  });

  test("reads secrets anew every time, and keeps the last good ones while the file is being written", () => {
    write("prod.yaml", PROD);
    write("secret", "one");
    const { security } = chooseConnection({ brokers: null, environment: "prod", folder, env: {} });
    expect(security().sasl).toEqual({ mechanism: "plain", username: "weir", password: "one" });
    write("secret", "two");
    expect(security().sasl).toMatchObject({ password: "two" });
    write("prod.yaml", "kafka: {sasl: {mech");
    expect(security().sasl).toMatchObject({ password: "two" });
  });

  test("says what is wrong with the file, and that there is none", () => {
    write("bad.yaml", `kafka: {sasl: {mechanism: plain, username: u, password: 8675309}, tsl: true}`);
    const choose = (environment: string) => (): unknown => chooseConnection({ brokers: null, environment, folder, env: {} });
    expect(choose("bad")).toThrow(/WEIR-5112[\s\S]*bad.yaml:1:\d+ {2}kafka.sasl.password[\s\S]*did you mean `tls`/);
    expect(choose("bad")).not.toThrow(/8675309/);
    expect(choose("none")).toThrow(/WEIR-5111[\s\S]*env\/none.yaml/);
  });
});
