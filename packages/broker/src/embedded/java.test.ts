import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findJava, majorOf, versionOf } from "./java.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "weir-java-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function java(major: string): Promise<string> {
  const file = path.join(folder, `java-${major}`);
  await writeFile(file, `#!/bin/sh\necho '    java.specification.version = ${major}\n    java.vm.version = ${major}.0.1+2' >&2\n`);
  await chmod(file, 0o755);
  return file;
}

it.each([
  ["java.specification.version = 17", 17],
  ["    java.specification.version = 1.8\n", 8],
  ["openjdk version", null],
])("%j is Java %s", (properties, major) => expect(majorOf(properties)).toBe(major));

it("knows the very build by its version", () => expect(versionOf("  java.vm.version = 17.0.19+10-Debian\n")).toBe("17.0.19+10-Debian"));

it("takes what WEIR_JAVA names", async () => {
  const command = await java("21");
  expect(await findJava({ WEIR_JAVA: command, JAVA_HOME: "/nowhere" })).toEqual({ command, major: 21, version: "21.0.1+2" });
});

it("names all that it tried when none is new enough", async () => {
  const old = await java("11");
  await expect(findJava({ WEIR_JAVA: old, JAVA_HOME: "/nowhere", PATH: "" })).rejects.toThrow(
    new RegExp(
      `WEIR-4301 no Java 17 or newer\\n {2}where: WEIR_JAVA: ${old} is Java 11; JAVA_HOME: /nowhere/bin/java does not run; PATH: java does not run\\n`,
    ),
  );
});
