import { consoleTool } from "@weir/broker";
import { systemClock } from "@weir/service";

const PAUSE_MS = 500;
const LIMIT_MS = 60_000;

/** Until every replica of every partition is in sync, as Kafka's own tool sees it: only then may the next broker go. */
export async function untilReplicated(address: string): Promise<void> {
  const args = ["--bootstrap-server", address, "--describe", "--under-replicated-partitions"];
  for (const until = systemClock.monotonic() + LIMIT_MS; ;) {
    const lagging = await consoleTool("org.apache.kafka.tools.TopicCommand", args);
    if (lagging.trim() === "") return;
    if (systemClock.monotonic() > until) throw new Error(`not replicated after ${LIMIT_MS} ms:\n${lagging}`);
    await systemClock.sleep(PAUSE_MS);
  }
}
