import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf, type Lane } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeBatch } from "../judge-batch.ts";
import { compileRuleSet } from "../rule-set.ts";
import type { UniqueSpec } from "../spec.ts";
import { restoreLaneKeys, type LaneKeys } from "./lane-keys.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({ type: "object", properties: { id: { type: ["string", "number"] }, n: { type: "number" } } });
const encoder = new TextEncoder();
const LANE: Lane = { topic: "in", partition: 0 };

interface TestRow {
  readonly value: string;
  readonly offset: number;
  readonly time?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function setUp(rule: Partial<UniqueSpec> = {}) {
  const rules = compileRuleSet([{ id: "once", kind: "unique", field: "/id", ...rule }], { stage: "gate", contract, sha256 });
  const reader = contract.reader(rules.requests);
  const refusals = (keys: LaneKeys, rows: readonly TestRow[]): (string | undefined)[] => {
    const batch = batchOf(
      LANE,
      rows.map(({ value, offset, time = 0, headers = {} }) => ({
        value: encoder.encode(value),
        offset,
        timestamp: time,
        headers: Object.entries(headers).map(([key, text]) => ({ key, value: encoder.encode(text) })),
      })),
    );
    const read = reader.read(batch);
    const view = { batch, read, repeats: new Map() };
    const { refused } = judgeBatch(rules, { ...view, repeats: keys.judge(view) }, null);
    return rows.map((_, row) => refused.get(row)?.failure.message);
  };
  return { restore: (state: ReadonlyMap<string, string>, from: number) => restoreLaneKeys(rules.keys, LANE, state, from), refusals };
}

function broken(rule: Partial<UniqueSpec>, rows: readonly Omit<TestRow, "offset">[]): boolean[] {
  const { restore, refusals } = setUp(rule);
  return refusals(
    restore(new Map(), 0),
    rows.map((row, offset) => ({ ...row, offset })),
  ).map((r) => r !== undefined);
}

describe("a key that was seen before", () => {
  it("is refused with the offset of the record that had it", () => {
    const { restore, refusals } = setUp();
    expect(
      refusals(restore(new Map(), 0), [
        { value: '{"id":"a"}', offset: 3 },
        { value: '{"id":"a"}', offset: 7 },
      ]),
    ).toEqual([undefined, 'once: /id "a" was seen before, at offset 3']);
  });
  it("is new again after the horizon, counted from the record that was let through", () => {
    const at = (time: number) => ({ value: '{"id":"a"}', time });
    expect(broken({ horizon: 100 }, [at(0), at(60), at(99), at(100), at(150), at(20)])).toEqual([false, true, true, false, true, true]);
  });
  it("is forgotten when newer keys need its place", () => {
    const ids = ["a", "b", "a", "c", "a", "c"].map((id) => ({ value: JSON.stringify({ id }) }));
    expect(broken({ maxKeys: 2 }, ids)).toEqual([false, false, true, false, false, true]);
  });
  it("is of one type: 1 is not the text 1, and no text is a number", () => {
    expect(
      broken(
        {},
        ['{"id":1}', '{"id":"1"}', '{"id":"#1"}', '{"id":1.0}'].map((value) => ({ value })),
      ),
    ).toEqual([false, false, false, true]);
  });
  it("is told from others however long it is", () => {
    const long = "x".repeat(500);
    expect(
      broken(
        {},
        [`${long}a`, `${long}b`, `${long}a`].map((id) => ({ value: JSON.stringify({ id }) })),
      ),
    ).toEqual([false, false, true]);
  });
  it("is not counted by a record that failed its contract, nor by one without the field", () => {
    expect(
      broken(
        {},
        ['{"id":"a","n":"text"}', '{"id":"a","n":1}', "{}", "{}", '{"id":null}'].map((value) => ({ value })),
      ),
    ).toEqual([false, false, false, false, false]);
  });
  it("may come again by replay", () => {
    const value = '{"id":"a"}';
    expect(broken({}, [{ value }, { value, headers: { "weir.replay.id": "r1" } }, { value }])).toEqual([false, false, true]);
  });
  it("is the record's id where the rule names no field", () => {
    const rules = compileRuleSet([{ id: "once", kind: "unique" }], { stage: "gate", contract, sha256 });
    const batch = batchOf(
      LANE,
      ["a", "b", "a"].map((id, offset) => ({
        value: encoder.encode("{}"),
        offset,
        headers: [{ key: "weir.id", value: encoder.encode(id) }],
      })),
    );
    const view = { batch, read: contract.reader([]).read(batch), repeats: new Map() };
    expect([...restoreLaneKeys(rules.keys, LANE, new Map(), 0).judge(view).get("")!.earlier]).toEqual([[2, 0]]); // the rule's name
  });
});

describe("what is remembered survives", () => {
  const row = fc.record({
    id: fc.integer({ min: 0, max: 12 }),
    gap: fc.integer({ min: 1, max: 3 }),
    time: fc.integer({ min: -3, max: 9 }),
  });
  const step = fc.record({
    take: fc.integer({ min: 1, max: 8 }),
    held: fc.integer({ min: 0, max: 12 }),
    then: fc.constantFrom("nothing", "commit", "crash"),
  });
  it("crashes and hand-overs at any point, with any part of the records held", () => {
    const property = fc.property(
      fc.array(row, { maxLength: 80 }),
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 8 }),
      (rows, steps, maxKeys) => {
        const { restore, refusals } = setUp({ maxKeys, horizon: 20 });
        let [offset, time] = [-1, 0];
        const log = rows.map((r) => ({ value: JSON.stringify({ id: r.id }), offset: (offset += r.gap), time: (time += r.time) }));
        const whole = refusals(restore(new Map(), 0), log);
        const state = new Map<string, string>();
        const seen = new Map<number, string | undefined>();
        let keys = restore(state, 0);
        let [next, position] = [0, 0];
        for (const { take, held, then } of [...steps, { take: 1000, held: 0, then: "nothing" }]) {
          const rest = log.filter((r) => r.offset >= next).slice(0, take);
          // What is read a second time must be judged as it was the first time.
          refusals(keys, rest).forEach((refusal, i) => {
            const at = rest[i]!.offset; // parallel
            if (seen.has(at)) expect(refusal).toBe(seen.get(at));
            seen.set(at, refusal);
          });
          next = (rest[rest.length - 1]?.offset ?? next - 1) + 1;
          if (then === "commit") {
            position = Math.max(position, next - held);
            for (const { key, value } of keys.changes(position)) {
              if (value === null) state.delete(key);
              else state.set(key, value);
            }
          }
          if (then === "crash") {
            keys = restore(new Map(state), position);
            next = position;
          }
        }
        expect(log.map((r) => seen.get(r.offset))).toEqual(whole);
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  it("in a state that stays small: chunks of forgotten keys are deleted, small ones are joined", () => {
    const { restore, refusals } = setUp({ maxKeys: 1000 });
    const keys = restore(new Map(), 0);
    const state = new Map<string, string>();
    for (let i = 0; i < 2500; i++) {
      refusals(keys, [{ value: JSON.stringify({ id: `k${i}` }), offset: i }]);
      for (const { key, value } of keys.changes(i + 1)) {
        if (value === null) state.delete(key);
        else state.set(key, value);
      }
    }
    expect(state.size).toBeLessThanOrEqual(1000 / 128 + 2);
    const again = restore(state, 2500);
    expect(
      refusals(again, [
        { value: '{"id":"k1500"}', offset: 2500 },
        { value: '{"id":"k1499"}', offset: 2501 },
      ]).map((r) => r !== undefined),
    ).toEqual([true, false]);
  });

  it("without entries from beyond the position, when somebody has moved it back", () => {
    const { restore, refusals } = setUp();
    const keys = restore(new Map(), 0);
    refusals(
      keys,
      ["a", "b", "c"].map((id, offset) => ({ value: JSON.stringify({ id }), offset })),
    );
    const state = new Map(keys.changes(3).map(({ key, value }) => [key, value ?? ""]));
    const again = restore(state, 1);
    expect(
      refusals(
        again,
        ["b", "c", "a"].map((id, i) => ({ value: JSON.stringify({ id }), offset: i + 1 })),
      ).map((r) => r !== undefined),
    ).toEqual([false, false, true]);
  });

  it("not when its rule is gone", () => {
    const { restore, refusals } = setUp();
    const keys = restore(new Map(), 0);
    refusals(keys, [{ value: '{"id":"a"}', offset: 0 }]);
    const [change] = keys.changes(1);
    const state = new Map([[change!.key, change!.value!]]); // one chunk was written
    expect(restoreLaneKeys([], LANE, state, 1).changes(1)).toEqual([{ key: change!.key, value: null }]);
  });
});
