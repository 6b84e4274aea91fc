import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { chooseConnection, chooseRegistry } from "./connection.ts";

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

describe("the schema registry", () => {
  const REGISTRY = `schemaRegistry: {url: "https://one:8081", username: weir, password: "\${file:secret}"}`;

  test("is where the variable says, else where the environment file does, which alone says who asks", () => {
    write("registry.yaml", REGISTRY);
    write("secret", "one");
    const choose = (environment: string | null, url?: string): unknown =>
      chooseRegistry({ environment, folder, env: { WEIR_SCHEMA_REGISTRY: url } })?.() ?? null;
    expect(choose(null)).toBeNull();
    expect(choose(null, "http://two:8081")).toEqual({ url: "http://two:8081" });
    expect(choose("registry")).toEqual({ url: "https://one:8081", username: "weir", password: "one" });
    expect(choose("registry", "http://two:8081")).toEqual({ url: "http://two:8081", username: "weir", password: "one" });
    write("prod.yaml", PROD);
    expect(choose("prod")).toBeNull();
  });

  test("has its password read anew, and the last good one while the file is being written", () => {
    write("registry.yaml", REGISTRY);
    write("secret", "one");
    const connection = chooseRegistry({ environment: "registry", folder, env: {} });
    write("secret", "two");
    expect(connection?.()).toMatchObject({ password: "two" });
    write("registry.yaml", "schemaRegistry: {url");
    expect(connection?.()).toMatchObject({ password: "two" });
  });

  test("shows no secret where it is wrong", () => {
    const wrong = (): unknown => chooseRegistry({ environment: null, folder, env: { WEIR_SCHEMA_REGISTRY: "http://me:8675309@one" } });
    expect(wrong).toThrow(/WEIR-5102 WEIR_SCHEMA_REGISTRY is wrong/);
    expect(wrong).not.toThrow(/8675309/);
    write("wrong.yaml", "schemaRegistry: {url: 'https://one', password: 8675309, usrname: weir}");
    const file = (): unknown => chooseRegistry({ environment: "wrong", folder, env: {} });
    expect(file).toThrow(/WEIR-5112[^]*did you mean `username`/);
    expect(file).not.toThrow(/8675309/);
  });
});
