import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startBroker } from "@weir/broker";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Bootstrap address of the one broker of this test run. */
    readonly kafka: string;
  }
}

/** One real broker for the whole run; tests have topics and groups of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "weir-test-"));
  const broker = await startBroker({ use: process.env["WEIR_KAFKA"], port: 0, dataDir, note: (line) => console.error(`  ${line}`) });
  project.provide("kafka", broker.address);
  return async () => {
    await broker.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
