import { execFile, spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Note } from "../broker.ts";
import { brokerProblem, USE_ANOTHER } from "../problems.ts";
import { cached, cacheRoot, isCached } from "./cache.ts";

export const KAFKA_VERSION = "4.3.1";
const SCALA_VERSION = "2.13";
const LOG4J_VERSION = "2.25.3";
const BROKER_FOLDER = `kafka-${KAFKA_VERSION}`;
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

type Env = Readonly<Record<string, string | undefined>>;
export type Artifact = readonly [group: string, name: string, version: string];

const BROKER: readonly Artifact[] = [
  ["org.apache.kafka", `kafka_${SCALA_VERSION}`, KAFKA_VERSION],
  ["org.apache.logging.log4j", "log4j-slf4j-impl", LOG4J_VERSION],
  ["org.apache.logging.log4j", "log4j-core", LOG4J_VERSION],
  ["org.apache.logging.log4j", "log4j-api", LOG4J_VERSION],
];
const TOOLS: readonly Artifact[] = [...BROKER, ["org.apache.kafka", "kafka-tools", KAFKA_VERSION]];

/** Jars of the broker, in the cache; sorted, because the class-data archive depends on their order. */
export function brokerJars(root: string, env: Env, note: Note): Promise<string[]> {
  return jars(root, BROKER_FOLDER, BROKER, env, note);
}

/** Then neither Maven nor a network is needed. */
export function areBrokerJarsCached(root: string): Promise<boolean> {
  return isCached(root, BROKER_FOLDER);
}

export function mavenAnswers(env: Env): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(mavenCommand(env), ["--version"], { timeout: 20_000, env: { ...env } }, (error) => resolve(error === null));
  });
}

/** Jars of Kafka's own console tools: for people and tests that want a reader that is not ours. */
export function toolJars(root: string, env: Env, note: Note): Promise<string[]> {
  return jars(root, `kafka-tools-${KAFKA_VERSION}`, TOOLS, env, note);
}

/** Jars of anything else that comes from Maven, with what they need, in the cache under `name`. */
export function mavenJars(name: string, artifacts: readonly Artifact[], note: Note): Promise<string[]> {
  return jars(cacheRoot(process.env), name, artifacts, process.env, note);
}

async function jars(root: string, name: string, artifacts: readonly Artifact[], env: Env, note: Note): Promise<string[]> {
  const folder = await cached(root, name, async (target) => {
    note(`fetching ${name} by Maven into ${root} (once)`);
    await writeFile(path.join(target, "pom.xml"), pom(artifacts));
    await maven(target, env);
  });
  const files = await readdir(folder);
  return files
    .filter((f) => f.endsWith(".jar"))
    .sort()
    .map((f) => path.join(folder, f));
}

export function pom(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(
    ([g, a, v]) => `    <dependency><groupId>${g}</groupId><artifactId>${a}</artifactId><version>${v}</version></dependency>`,
  );
  return [
    "<project>",
    "  <modelVersion>4.0.0</modelVersion>",
    "  <groupId>weir</groupId><artifactId>embedded-kafka</artifactId><version>1</version>",
    "  <dependencies>",
    ...dependencies,
    "  </dependencies>",
    "</project>",
    "",
  ].join("\n");
}

function mavenCommand(env: Env): string {
  return env["WEIR_MVN"] || "mvn";
}

function maven(folder: string, env: Env): Promise<void> {
  const command = mavenCommand(env);
  const args = ["-q", "-B", "-ntp", "-f", path.join(folder, "pom.xml"), COPY, "-DincludeScope=runtime", `-DoutputDirectory=${folder}`];
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
    child.once("error", (cause) => reject(noMaven(command, cause)));
    child.once("close", (code) => (code === 0 ? resolve() : reject(mavenFailed(said))));
  });
}

function noMaven(command: string, cause: unknown): Error {
  return brokerProblem(
    {
      code: "WEIR-4303",
      what: "Maven is missing",
      where: command,
      why: "the embedded Kafka comes from Maven Central once; afterwards neither Maven nor a network is needed",
      fix: `install Maven (Debian: apt-get install maven), point WEIR_MVN to it, ${USE_ANOTHER}`,
    },
    cause,
  );
}

export function mavenFailed(said: string): Error {
  const first = said.split("\n").find((l) => l.includes("[ERROR]")) ?? said.trim().split("\n").at(-1) ?? "it said nothing";
  return brokerProblem({
    code: "WEIR-4304",
    what: "Kafka could not be fetched",
    where: "Maven",
    why: first.replace("[ERROR]", "").trim(),
    fix: `check the network and the mirror in Maven's settings.xml; ${USE_ANOTHER}, which needs no download`,
  });
}
