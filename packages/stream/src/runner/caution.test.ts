import { batchOf, type Batch } from "@weir/record";
import { expect, test } from "vitest";
import type { Mark, Membership } from "../log.ts";
import { decideAll, type Stage } from "../stage.ts";
import { createCaution } from "./caution.ts";
import { createChain } from "./chain.ts";
import { createLanes } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";

const LANE = { topic: "in", partition: 0 };
const encoder = new TextEncoder();

const stage: Stage = {
  id: "pass",
  ports: [{ name: "out", kind: "data" }],
  holds: false,
  process: (batches) => batches.map((batch) => decideAll(batch, 0)),
  position: () => null,
  snapshot: () => [],
  assign: () => {},
  revoke: () => {},
  describe: () => ({ spec: "5bec", owner: "user:test" }),
};

/** A lane that has just started, with what was marked of it. */
function createCase({ isFine, incarnation }: { readonly isFine: boolean; readonly incarnation: number }): {
  readonly marked: Mark[];
  ask(): Promise<unknown>;
} {
  const marked: Mark[] = [];
  const chain = createChain([{ stage, outputs: new Map(), stateTopic: null }]);
  const lanes = createLanes();
  lanes.take(LANE);
  Object.assign(lanes.get(LANE)!, { status: "ready", next: 2, committed: 0, incarnation: 3 });
  const log = { mark: async (_member: Membership, marks: readonly Mark[]) => void marked.push(...marks) };
  const caution = createCaution({
    self: "me",
    options: { log } as unknown as RunnerOptions, // nothing else of them is asked for here
    chain,
    lanes,
    asking: {
      ask: (batches) => chain.process(batches),
      mayRead: () => true,
      split: () => ({ readable: true, waiting: false }),
      news: () => null,
    },
    membership: () => ({ incarnation }) as Membership, // as above
    settled: async () => isFine,
  });
  const batch: Batch = { ...batchOf(LANE, ["a", "b"].map((v) => ({ key: null, value: encoder.encode(v) }))), nextOffset: 2 }; // prettier-ignore
  return { marked, ask: () => caution.ask([batch]) };
}

test("the first records of a lane are marked at its committed offset, once", async () => {
  const { marked, ask } = createCase({ isFine: true, incarnation: 3 });
  await ask();
  await ask();
  expect(marked.map(({ text, ...place }) => ({ ...place, text: JSON.parse(text) as unknown }))).toEqual([
    { ...LANE, offset: 0, text: { v: 1, by: "me", size: 2, narrowed: false, alone: 0, until: 2 } },
  ]);
});

test("nothing is marked after a commit has failed: the lane's offset may not be committed", async () => {
  const { marked, ask } = createCase({ isFine: false, incarnation: 3 });
  await ask();
  expect(marked).toEqual([]);
});

test("nothing is marked once the group has forgotten us: the lane may be somebody else's", async () => {
  const { marked, ask } = createCase({ isFine: true, incarnation: 4 });
  await ask();
  expect(marked).toEqual([]);
});
