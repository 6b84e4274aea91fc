import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { consoleTools, findJava } from "@weir/broker";
import { systemClock } from "@weir/service";

const PAUSE_MS = 500;
const LIMIT_MS = 60_000;
const run = promisify(execFile);

/** Until every replica of every partition is in sync, as Kafka's own tool sees it: only then may the next broker go. */
export async function untilReplicated(address: string): Promise<void> {
  const java = await findJava(process.env);
  const jars = await consoleTools();
  const args = [
    "-Xmx256m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    jars.join(path.delimiter),
    "org.apache.kafka.tools.TopicCommand",
    "--bootstrap-server",
    address,
  ];
  for (const until = systemClock.monotonic() + LIMIT_MS; ;) {
    const { stdout } = await run(java.command, [...args, "--describe", "--under-replicated-partitions"]);
    if (stdout.trim() === "") return;
    if (systemClock.monotonic() > until) throw new Error(`not replicated after ${LIMIT_MS} ms:\n${stdout}`);
    await systemClock.sleep(PAUSE_MS);
  }
}
