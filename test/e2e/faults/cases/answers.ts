import type { Fault } from "@weir/testkit";
import type { FaultCase, Fire } from "../fault-case.ts";

const SEEDS = [1, 2, 3];
/** What services ask for all the time. */
const STEADY = ["Fetch", "Produce", "TxnOffsetCommit", "EndTxn", "ConsumerGroupHeartbeat"];
/** What they ask for when they have to find their way again. */
const AGAIN = ["ApiVersions", "Metadata", "FindCoordinator", "InitProducerId", "OffsetFetch", "OffsetCommit", "ListOffsets"];
const CLIENTS = ["weir-gate", "weir-inference", "weir-router"];
/** A stage that holds windows commits nothing outside of its transactions. */
const clientsOf = (api: string): readonly string[] => (api === "OffsetCommit" ? CLIENTS.slice(1) : CLIENTS);
const LATEST = 10;

type Loss = "lose-answer" | "cut-answer";

const SAID: Readonly<Record<Loss, string>> = {
  "lose-answer": "the broker has answered, nothing comes, the connection stays",
  "cut-answer": "the broker has answered, the client gets a reset",
};

/** For each service one answer, somewhere. Where it is asked for only in need, need is made. */
async function loseOne({ world, random, seen, sleep }: Fire, api: string, does: Loss): Promise<number> {
  await seen(300);
  const steady = STEADY.includes(api);
  const clients = clientsOf(api);
  const laid = clients.map((client) => {
    const fault: Fault = { api, client, does, nth: 1 + Math.floor(random() * (steady ? LATEST : 2)) };
    return world.proxy.lay(fault);
  });
  for (let look = 0; laid.some((l) => l.hits === 0) && look < 120; look++) {
    if (!steady && look % 8 === 0) world.proxy.lay({ api: "EndTxn", does: "cut-answer", times: 3 });
    if (!steady && look % 16 === 0) world.proxy.cutAll();
    await sleep(250);
  }
  return laid.every((l) => l.hits > 0) ? clients.length : 0;
}

export const ANSWERS: readonly FaultCase[] = (["lose-answer", "cut-answer"] as const).flatMap((does) =>
  [...STEADY, ...AGAIN].map((api): FaultCase => ({
    name: `${does} ${api}`,
    part: "answers",
    how: `${SAID[does]}; once for every service`,
    nodes: 1,
    services: "inside",
    seeds: SEEDS,
    strike: (fire) => loseOne(fire, api, does),
  })),
);
