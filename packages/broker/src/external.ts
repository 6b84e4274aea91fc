import type { Broker } from "./broker.ts";
import { brokerProblem } from "./problems.ts";

/** Somebody else's broker; whether it answers is told by the first connection. */
export function externalBroker(address: string): Broker {
  const wrong = address
    .split(",")
    .map((a) => a.trim())
    .find((a) => !/^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/.test(a));
  if (wrong !== undefined) {
    throw brokerProblem({
      code: "WEIR-4310",
      what: `"${wrong}" is no broker address`,
      where: "--broker or WEIR_KAFKA",
      why: "an address is HOST:PORT, several are separated by commas",
      fix: "write embedded, testcontainers, or HOST:PORT",
    });
  }
  return { kind: "external", address, nodes: 1, stop: async () => {} };
}
