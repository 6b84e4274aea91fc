import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf, type Lane } from "@weir/record";
import type { Stage } from "@weir/stream";
import { expect, it } from "vitest";
import { applyChanges, emptySeen, header, see, type Seen } from "../testdata/harness.ts";
import { asReplays } from "./build.ts";
import { createStage, type GateOptions } from "./stage.ts";
import { withReplays } from "./with-replays.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const MAIN: Lane = { topic: "in", partition: 0 };
const REPLAY: Lane = { topic: "p.gate.replay", partition: 0 };
const encoder = new TextEncoder();
const options: GateOptions = {
  pipeline: "p",
  stage: "gate",
  owner: "group:ops",
  spec: "00",
  contract: compileContract({ type: "object", properties: { t: { type: "string" }, n: { type: ["number", "null"] } } }, { sha256 }),
  rules: [{ id: "nulls", kind: "nullRate", field: "/n", max: 0.25 }],
  window: { kind: "time", every: 3_600_000, lateness: 0, late: "quarantine", hold: true },
  time: { pointer: "/t" },
  sha256,
};

function gate(state: ReadonlyMap<string, string> = new Map(), mainFrom = 0): Stage {
  const stage = withReplays(createStage(options), createStage(asReplays(options)), REPLAY.topic);
  stage.assign(MAIN, mainFrom, state);
  stage.assign(REPLAY, 0, state);
  return stage;
}

async function give(seen: Seen, stage: Stage, lane: Lane, first: number, values: readonly (number | null)[], run = "r1"): Promise<void> {
  const headers = [header("weir.replay.id", run), header("batch-last", "true")];
  const records = values.map((n, i) => ({ offset: first + i, value: encoder.encode(JSON.stringify({ t: `2013-02-05T0${first + i}:00:00Z`, n })), headers })); // prettier-ignore
  see(seen, stage, await stage.process([batchOf(lane, records)]));
}

const verdicts = (seen: Seen): unknown[] => seen.verdicts.map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1)));
const offsets = (lines: readonly string[] | undefined): number[] => (lines ?? []).map((line) => Number(line.split(" ")[0]));

it("a run is one window of its own: never late, never part of the windows that are open", async () => {
  const [stage, seen] = [gate(), emptySeen()];
  await give(seen, stage, MAIN, 5, [1, 2]);
  await give(seen, stage, REPLAY, 0, [1, null, 3, 4]);
  expect(offsets(seen.ports["pass"])).toEqual([5]); // 06:00 is open; nothing of the replay is out
  see(seen, stage, stage.endOfInput?.(REPLAY) ?? []);
  expect(offsets(seen.ports["pass"])).toEqual([5, 0, 1, 2, 3]);
  expect(verdicts(seen).slice(1)).toMatchObject([{ window: { kind: "batch", id: "r1" }, n: 4, verdict: "pass", closedBy: "endOfInput" }]);
});

it("a run that breaks a window rule is quarantined whole", async () => {
  const [stage, seen] = [gate(), emptySeen()];
  await give(seen, stage, REPLAY, 0, [1, null, null]);
  see(seen, stage, stage.endOfInput?.(REPLAY) ?? []);
  expect([offsets(seen.ports["quarantine"]), seen.ports["pass"]]).toEqual([[0, 1, 2], []]);
});

it("after a restart both kinds of windows are filled again, each from its own state", async () => {
  const [stage, seen, state] = [gate(), emptySeen(), new Map<string, string>()];
  await give(seen, stage, MAIN, 5, [1]);
  await give(seen, stage, REPLAY, 0, [1, 2]);
  applyChanges(state, stage);
  expect([...state.keys()].filter((key) => key.includes("lane/")).sort()).toEqual(["lane/in/0", "replay/lane/p.gate.replay/0"]);
  const again = gate(state, 5);
  const after = emptySeen();
  await give(after, again, MAIN, 5, [1]);
  await give(after, again, REPLAY, 0, [1, 2]);
  await give(after, again, REPLAY, 2, [3]);
  see(after, again, again.endOfInput?.(REPLAY) ?? []);
  expect(verdicts(after)).toMatchObject([{ window: { id: "r1" }, n: 3 }]);
  expect(again.held?.()).toBe(1);
});
