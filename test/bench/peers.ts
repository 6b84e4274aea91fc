import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { cached, cacheRoot, findJava, mavenJars, type Artifact, type Note } from "@weir/broker";

/** Other people's ways to do the work of the bench, each in one process where it does not say otherwise. They are built from the registries when they are asked for. */
export const PEERS = [
  "streams-plain",
  "streams-tuned",
  "streams-crayfish",
  "flink-plain",
  "flink-tuned",
  "java-hand",
  "bytewax",
  "quix",
  "kafkajs-each",
  "kafkajs-services",
] as const;
export type Peer = (typeof PEERS)[number];

/** What starts a process of a peer: it is told where to read and write by its environment. */
export interface PeerProcess extends Program {
  readonly name: string;
  /** Last part of the name of the topic to the next process; null: the last one, it writes the branches. */
  readonly next: string | null;
}

interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

const run = promisify(execFile);
const SOURCES = path.join(import.meta.dirname, "peers");

const ONNX: Artifact = ["com.microsoft.onnxruntime", "onnxruntime", "1.23.2"];
const QUIET: Artifact = ["org.slf4j", "slf4j-nop", "1.7.36"];
const JACKSON: Artifact = ["com.fasterxml.jackson.core", "jackson-databind", "2.18.2"];
const STREAMS: readonly Artifact[] = [["org.apache.kafka", "kafka-streams", "4.3.1"], ONNX, JACKSON, QUIET];
const FLINK: readonly Artifact[] = [
  ["org.apache.flink", "flink-streaming-java", "2.2.0"],
  ["org.apache.flink", "flink-clients", "2.2.0"],
  ["org.apache.flink", "flink-connector-base", "2.2.0"],
  ["org.apache.flink", "flink-connector-kafka", "5.0.0-2.2"],
  ONNX,
  JACKSON,
  QUIET,
];
/** Of `peers/java`, what both kinds of Java peers are made of. */
const SHARED = ["Answer", "Card", "Decision", "Net", "Settings", "Trees"];

const JAVA_FLAGS = ["-Xms1g", "-Xmx2g", "-XX:+UseParallelGC", "--add-opens=java.base/java.util=ALL-UNNAMED"];

/**
 * Fetches and compiles what the peer needs, once; later runs take it from the cache.
 * @returns its processes in the order in which a record passes them.
 */
export async function buildPeer(peer: Peer, note: Note): Promise<readonly PeerProcess[]> {
  if (peer !== "kafkajs-services") return [{ name: peer, next: null, ...(await buildProgram(peer, note)) }];
  const folder = await kafkajs(note);
  return [
    { name: "gate", next: "pass", ...script(folder, "gate.mjs") },
    { name: "inference", next: "scored", ...script(folder, "inference.mjs") },
    { name: "router", next: null, ...script(folder, "router.mjs") },
  ];
}

async function buildProgram(peer: Exclude<Peer, "kafkajs-services">, note: Note): Promise<Program> {
  switch (peer) {
    case "streams-plain":
      return java("streams", "StreamsPlain", note);
    case "streams-tuned":
      return java("streams", "StreamsTuned", note);
    case "streams-crayfish":
      return java("streams", "StreamsCrayfish", note);
    case "java-hand":
      return java("streams", "JavaHand", note);
    case "flink-plain":
      return java("flink", "FlinkPlain", note);
    case "flink-tuned":
      return java("flink", "FlinkTuned", note);
    case "bytewax":
      return python("bytewax_peer.py", note);
    case "quix":
      return python("quix_peer.py", note);
    case "kafkajs-each":
      return script(await kafkajs(note), "each.mjs");
  }
}

async function java(kind: "streams" | "flink", main: string, note: Note): Promise<Program> {
  const artifacts = kind === "flink" ? FLINK : STREAMS;
  const jars = await mavenJars(`bench-${kind}-${digestOf(artifacts.flat().join(" "))}`, artifacts, note);
  const own = javaFiles("java").filter((file) => kind === "streams" || SHARED.includes(path.basename(file, ".java")));
  const files = kind === "flink" ? [...own, ...javaFiles("flink")] : own;
  const { command } = await findJava(process.env);
  const classes = await cached(cacheRoot(process.env), `bench-${kind}-classes-${digestOf(files.map(textOf).join(""))}`, async (folder) => {
    note(`compiling the peers for ${kind}`);
    await run(compilerBeside(command), ["-proc:none", "-d", folder, "-cp", jars.join(path.delimiter), ...files]);
  });
  return { file: command, args: [...JAVA_FLAGS, "-cp", [classes, ...jars].join(path.delimiter), `weir.peers.${main}`] };
}

function javaFiles(folder: string): string[] {
  return readdirSync(path.join(SOURCES, folder))
    .filter((name) => name.endsWith(".java"))
    .sort()
    .map((name) => path.join(SOURCES, folder, name));
}

/** The compiler of the same JDK; a bare `java` finds its neighbour on the path. */
function compilerBeside(command: string): string {
  return path.join(path.dirname(command), command.endsWith(".exe") ? "javac.exe" : "javac").replace(/^\.[\\/]/, "");
}

async function python(file: string, note: Note): Promise<Program> {
  const requirements = path.join(SOURCES, "python/requirements.txt");
  const name = `bench-python-${digestOf(textOf(requirements))}`;
  const folder = await cached(cacheRoot(process.env), name, async (target) => {
    note(`installing ${name} by pip (once)`);
    await run("python3", ["-m", "pip", "install", "--quiet", "--target", target, "--only-binary", ":all:", "-r", requirements]);
  });
  return { file: "env", args: [`PYTHONPATH=${folder}`, "python3", path.join(SOURCES, "python", file)] };
}

function kafkajs(note: Note): Promise<string> {
  const source = path.join(SOURCES, "kafkajs");
  const files = readdirSync(source).toSorted();
  const name = `bench-kafkajs-${digestOf(files.map((file) => textOf(path.join(source, file))).join(""))}`;
  return cached(cacheRoot(process.env), name, async (folder) => {
    note(`installing ${name} by npm (once)`);
    mkdirSync(folder, { recursive: true });
    for (const file of files) copyFileSync(path.join(source, file), path.join(folder, file));
    await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], { cwd: folder });
  });
}

function script(folder: string, file: string): Program {
  return { file: process.execPath, args: [path.join(folder, file)] };
}

function textOf(file: string): string {
  return readFileSync(file, "utf8");
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
