import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KAFKA_VERSION } from "./embedded/artifacts.ts";
import { externalBroker } from "./external.ts";
import { chooseBroker } from "./start.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "weir-choice-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A program that says this on stderr, as Java does, and ends well. */
async function program(name: string, says: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, `#!/bin/sh\necho '${says}' >&2\n`);
  await chmod(file, 0o755);
  return file;
}
const java = (version: string): Promise<string> => program(`java-${version}`, `    java.specification.version = ${version}`);
const missing = (): string => path.join(folder, "not-there");
const engine = (there: boolean) => async (): Promise<boolean> => there;

describe("the choice of a broker", () => {
  it("is as told, without looking at the machine", async () => {
    expect(await chooseBroker("kafka:9092", { WEIR_JAVA: missing() }, engine(false))).toEqual({ use: "kafka:9092", why: "as told" });
  });

  it("falls on the embedded one where Java and Maven answer", async () => {
    const env = { WEIR_JAVA: await java("21"), WEIR_MVN: await program("mvn", "Maven"), WEIR_CACHE_DIR: folder };
    expect(await chooseBroker(undefined, env, engine(true))).toEqual({ use: "embedded", why: "Java 21 is here" });
  });

  it("needs no Maven once the jars are in the cache", async () => {
    await mkdir(path.join(folder, `kafka-${KAFKA_VERSION}`));
    await writeFile(path.join(folder, `kafka-${KAFKA_VERSION}`, "ready.json"), "{}");
    const env = { WEIR_JAVA: await java("17"), WEIR_MVN: missing(), WEIR_CACHE_DIR: folder };
    expect(await chooseBroker("", env, engine(true))).toEqual({ use: "embedded", why: "Java 17 is here" });
  });

  it("falls on a container where Maven is missing and an engine answers", async () => {
    const env = { WEIR_JAVA: await java("17"), WEIR_MVN: missing(), WEIR_CACHE_DIR: folder };
    expect(await chooseBroker(undefined, env, engine(true))).toEqual({
      use: "testcontainers",
      why: "no Maven, but a container engine answers",
    });
  });

  it("falls on the embedded one where nothing answers: it says best what is missing", async () => {
    const env = { WEIR_JAVA: missing(), JAVA_HOME: missing(), PATH: "", WEIR_MVN: missing(), WEIR_CACHE_DIR: folder };
    expect(await chooseBroker(undefined, env, engine(false))).toMatchObject({ use: "embedded" });
  });
});

describe("an external broker", () => {
  it.each(["localhost:9092", "10.0.0.1:9092,10.0.0.2:9092", "[::1]:9092", "a.example:1, b.example:2"])(
    "is taken at its address %s",
    (address) => {
      expect(externalBroker(address)).toMatchObject({ kind: "external", address });
    },
  );

  it.each(["localhost", "localhost:", ":9092", "a:1,,b:2", "a:b", "http://a:9092"])(
    "is refused at %j, with what to write instead",
    (address) => {
      expect(() => externalBroker(address)).toThrow(/WEIR-4310 .*\n {2}where: .*\n {2}why: .*\n {2}do: .*HOST:PORT/);
    },
  );
});
