import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import path from "node:path";
import { toolJars } from "./embedded/artifacts.ts";
import { cacheRoot } from "./embedded/cache.ts";
import { findJava } from "./embedded/java.ts";

export interface ConsoleConsumerOptions {
  readonly address: string;
  readonly topic: string;
  readonly isolation: "read_committed" | "read_uncommitted";
  /** Ends when nothing came for so long. */
  readonly timeoutMs: number;
  /** Further arguments, such as `--formatter-property print.key=true`. */
  readonly args?: readonly string[];
}

/** Lines of Kafka's own console consumer, from the beginning of the topic: the reader that is not ours. */
export async function* consoleConsumer({ address, topic, isolation, timeoutMs, args = [] }: ConsoleConsumerOptions): AsyncGenerator<string> {
  const java = await findJava(process.env);
  const jars = await toolJars(cacheRoot(process.env), process.env, () => {});
  const child = spawn(
    java.command,
    ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars.join(path.delimiter), "org.apache.kafka.tools.consumer.ConsoleConsumer",
      "--bootstrap-server", address, "--topic", topic, "--isolation-level", isolation, "--from-beginning", "--timeout-ms", String(timeoutMs), ...args],
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  try {
    yield* createInterface({ input: child.stdout, crlfDelay: Infinity });
  } finally {
    child.kill("SIGKILL");
  }
}
