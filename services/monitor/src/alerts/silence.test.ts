import { batchOf } from "@weir/record";
import { createManualClock, createMemoryLog, type ManualClock, type MemoryLog } from "@weir/stream";
import { expect, it } from "vitest";
import { followTopics } from "../follow.ts";
import { lookForSilence, silenceFrom, type SilenceRule } from "./silence.ts";
import { createSilenceWatch } from "./watch-silence.ts";

const START = 1_700_000_000_000;
const RULE: SilenceRule = { stage: "gate", rule: "quiet", owner: "group:a", gapMs: 60_000, alerts: true, inputs: ["in"] };
const SECOND = 1000;

interface World {
  readonly clock: ManualClock;
  readonly log: MemoryLog;
  produce(): Promise<void>;
  /** Another life of the monitor. */
  start(rule?: SilenceRule): Promise<{ silent(): boolean; stop(): Promise<void> }>;
  /** What owners were told: state, since when, when. Seconds from the beginning. */
  told(): [string, number, number][];
}

async function createWorld(): Promise<World> {
  const clock = createManualClock(START);
  const log = createMemoryLog({ clock });
  await log.createTopics([
    { name: "in", partitions: 2 },
    { name: "alerts", partitions: 1 },
  ]);
  const producer = await log.producer({ transactionalId: "source", rotate: 1 });
  return {
    clock,
    log,
    produce: async () => {
      const transaction = producer.begin();
      transaction.write({ topic: "in", partition: 1 }, batchOf({ topic: "in", partition: 1 }, [{ value: new Uint8Array(1) }]));
      await transaction.commit(null);
    },
    start: async (rule = RULE) => {
      const watch = createSilenceWatch({
        ...{ pipeline: "p", rules: [rule], log, clock, alertsTopic: "alerts", transactionalId: "weir-monitor-p-0" },
      });
      const following = await followTopics(log, clock, ["alerts"], (_topic, { value }) => watch.told(new TextDecoder().decode(value!)));
      watch.begin(() => following.caughtUp("alerts"));
      return {
        silent: () => watch.isSilent(rule),
        stop: async () => {
          await watch[Symbol.asyncDispose]();
          const closed = following[Symbol.asyncDispose]();
          await clock.advance(2 * SECOND);
          await closed;
        },
      };
    },
    told: () =>
      log.read("alerts").flatMap((records) =>
        records.map(({ value }): [string, number, number] => {
          const alert: { state: string; since: number; at: string; rule: string; gap: number; owner: string } = JSON.parse(
            new TextDecoder().decode(value!),
          );
          expect(alert).toMatchObject({ pipeline: "p", stage: "gate", rule: "quiet", gap: 60_000, owner: "group:a" });
          return [alert.state, Math.round((alert.since - START) / SECOND), Math.round((Date.parse(alert.at) - START) / SECOND)];
        }),
      ),
  };
}

it("an owner is told once that nothing comes any more, and once that something does", async () => {
  const { clock, produce, start, told } = await createWorld();
  const { silent, stop } = await start();
  await clock.advance(30 * SECOND);
  await produce();
  await clock.advance(55 * SECOND);
  expect([told(), silent()]).toEqual([[], false]);
  await clock.advance(200 * SECOND);
  expect(told()).toHaveLength(1);
  const [state, since, at] = told()[0]!;
  expect([state, Math.abs(since - 30) <= 2, at - since]).toEqual(["firing", true, 61]);
  expect(silent()).toBe(true);
  await produce();
  await clock.advance(3 * SECOND);
  expect(told().map(([s]) => s)).toEqual(["firing", "resolved"]);
  await clock.advance(100 * SECOND);
  expect(told().map(([s]) => s)).toEqual(["firing", "resolved", "firing"]);
  await stop();
});

it("a source that never sent anything is silent too", async () => {
  const { clock, start, told } = await createWorld();
  const { stop } = await start();
  await clock.advance(70 * SECOND);
  expect(told().map(([state]) => state)).toEqual(["firing"]);
  await stop();
});

it("a restart neither tells it twice nor forgets that it was told", async () => {
  const { clock, produce, start, told } = await createWorld();
  const first = await start();
  await clock.advance(70 * SECOND);
  await first.stop();
  const second = await start();
  await clock.advance(200 * SECOND);
  expect([told().map(([state]) => state), second.silent()]).toEqual([["firing"], true]);
  await second.stop();
  await produce(); // while nobody watches
  const third = await start();
  await clock.advance(3 * SECOND);
  expect([told().map(([state]) => state), third.silent()]).toEqual([["firing", "resolved"], false]);
  await third.stop();
});

it("a rule that observes tells nobody", async () => {
  const { clock, start, told } = await createWorld();
  const { silent, stop } = await start({ ...RULE, alerts: false });
  await clock.advance(70 * SECOND);
  expect([told(), silent()]).toEqual([[], true]);
  await stop();
});

it("a silence of just the gap is none", () => {
  const { state } = lookForSilence(silenceFrom(null), 60, { at: 100, ends: 5 });
  expect(lookForSilence(state, 60, { at: 160, ends: 5 }).change).toBeNull();
  expect(lookForSilence(state, 60, { at: 161, ends: 5 }).change).toBe("raised");
});
