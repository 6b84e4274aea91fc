import { execFile } from "node:child_process";
import path from "node:path";
import { brokerProblem, USE_ANOTHER } from "../problems.ts";

/** Kafka 4 needs it. */
const LEAST_JAVA = 17;

export interface Java {
  readonly command: string;
  readonly major: number;
  /** Whole, such as `17.0.19+10-Debian`: a class-data archive fits only this one. */
  readonly version: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The first of WEIR_JAVA, JAVA_HOME and PATH that works. */
export async function findJava(env: Env): Promise<Java> {
  const tried: string[] = [];
  for (const [source, command] of candidates(env)) {
    const answer = await javaProperties(command, env);
    const major = answer === null ? null : majorOf(answer);
    tried.push(`${source}: ${command} ${major === null ? "does not run" : `is Java ${major}`}`);
    if (major !== null && major >= LEAST_JAVA) return { command, major, version: versionOf(answer ?? "") };
  }
  throw brokerProblem({
    code: "WEIR-4301",
    what: `no Java ${LEAST_JAVA} or newer`,
    where: tried.join("; "),
    why: "the embedded Kafka is the real one and runs on Java",
    fix: `install a JRE (Debian: apt-get install openjdk-17-jre-headless), point JAVA_HOME or WEIR_JAVA to it, ${USE_ANOTHER}`,
  });
}

function candidates(env: Env): [string, string][] {
  const list: [string, string][] = [];
  if (env["WEIR_JAVA"]) list.push(["WEIR_JAVA", env["WEIR_JAVA"]]);
  if (env["JAVA_HOME"]) list.push(["JAVA_HOME", path.join(env["JAVA_HOME"], "bin", "java")]);
  return [...list, ["PATH", "java"]];
}

function javaProperties(command: string, env: Env): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(command, ["-XshowSettings:properties", "-version"], { timeout: 20_000, env: { ...env } }, (error, _stdout, stderr) =>
      resolve(error ? null : stderr),
    );
  });
}

/** From the listing of properties; 1.8 counts as 8. */
export function majorOf(properties: string): number | null {
  const match = /java\.specification\.version = (?:1\.)?(\d+)/.exec(properties);
  return match ? Number(match[1]) : null;
}

export function versionOf(properties: string): string {
  return /java\.(?:vm|runtime)\.version = (\S+)/.exec(properties)?.[1] ?? "unknown";
}
