import { createKafkaLog } from "@weir/kafka";
import type { Log } from "@weir/stream";
import type { Environment } from "@weir/service";

/** Where `weir up` listens unless it is told otherwise. */
export const DEFAULT_BROKER = "127.0.0.1:19092";

/** Flag, then WEIR_KAFKA if it is an address, then the broker that `weir up` starts. */
export function brokerAddress(flag: string | undefined, env: Environment): string {
  const set = flag ?? env["WEIR_KAFKA"];
  return set === undefined || set === "" || set === "embedded" || set === "testcontainers" ? DEFAULT_BROKER : set;
}

export function connect(address: string, clientId: string): Promise<Log> {
  return createKafkaLog({ brokers: address.split(",").map((b) => b.trim()), clientId: `weir-${clientId}` });
}
