import { afterAll, expect, it } from "vitest";
import { answers } from "./embedded/ready.ts";
import { hasContainerEngine, startContainer } from "./testcontainers.ts";
import type { Broker } from "./broker.ts";

const engine = await hasContainerEngine();
let broker: Broker | null = null;
afterAll(async () => broker?.stop());

it.runIf(engine)(
  "a broker in a container answers",
  async () => {
    broker = await startContainer(() => {});
    expect(await answers(Number(broker.address.split(":")[1]))).toBe(true);
  },
  180_000,
);

it.skipIf(engine)(
  "without a container engine says so (the broker in a container itself is not tested here: no engine answers)",
  async () => {
    await expect(startContainer(() => {})).rejects.toThrow(/WEIR-4311 no container engine answers[^]*--broker embedded/);
  },
);
