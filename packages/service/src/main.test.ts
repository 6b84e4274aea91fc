import { WeirError } from "@weir/record";
import { createMemoryLog } from "@weir/stream";
import { expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { systemClock } from "./clock.ts";
import { loadPipeline } from "./load-pipeline.ts";
import { serviceProcess, type ProcessOptions } from "./main.ts";

const folder = fileURLToPath(new URL("../../../deploy/pipelines/flights", import.meta.url));

async function start(given: Pick<ProcessOptions, "run"> & { readonly topics: boolean }): Promise<number> {
  const log = createMemoryLog({ clock: systemClock });
  if (given.topics) await log.createTopics(loadPipeline(folder, {}).topology.topics);
  return serviceProcess({
    name: "gate",
    port: 0,
    env: { WEIR_PIPELINE: folder, WEIR_KAFKA: "127.0.0.1:1", WEIR_LOG: "silent" },
    exit: () => {},
    connect: () => Promise.resolve(log),
    run: given.run,
  });
}

test("a service that cannot go on is stopped, so that nothing of it keeps the process", async () => {
  let stopped = 0;
  const code = await start({
    topics: true,
    run: () =>
      Promise.resolve({
        name: "gate",
        url: "",
        notReady: () => null,
        done: Promise.reject(new WeirError({ code: "WEIR-5002", what: "it was replaced" }, { exitCode: 4 })),
        stop: () => Promise.resolve(void stopped++),
      }),
  });
  expect([code, stopped]).toEqual([4, 1]);
});

test("a service does not start without its topics", async () => {
  let ran = 0;
  const code = await start({ topics: false, run: () => Promise.reject(new Error(String(ran++))) });
  expect([code, ran]).toEqual([4, 0]);
});
