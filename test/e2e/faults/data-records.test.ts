import { afterAll, beforeAll, expect, test } from "vitest";
import { batchOf, headerText, recordAt, type Header, type PlainRecord } from "@weir/record";
import { createW1 } from "@weir/testkit";
import { serveHere } from "../in-process.ts";
import { readCommitted } from "../read-committed.ts";
import { openDataWorld, type DataWorld } from "./data-world.ts";
import { readAll } from "./kcat.ts";

let world: DataWorld;
beforeAll(async () => {
  world = await openDataWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const encoder = new TextEncoder();
const make = createW1({ seed: 3 });
let made = 0;
const bytes = (text: string): Uint8Array => encoder.encode(text);
/** A card transaction of so many bytes, as long as the contract lets it be. */
function valid(size = 0): Uint8Array {
  const { value } = make(made++);
  const missing = Math.max(0, size - Buffer.byteLength(value));
  return bytes(value.replace('"merchant":"', `"merchant":"${"m".repeat(missing)}`));
}
const header = (size: number): Header[] => [{ key: "x-note", value: new Uint8Array(size - 6).fill(120) }];
const padded = (start: string, size: number): Uint8Array => bytes(start.padEnd(size, " "));

interface Poison {
  readonly value: Uint8Array | null;
  readonly headers?: readonly Header[];
  readonly key?: Uint8Array;
  /** Class, failing stage, payload of the dead letter; null: it goes through. */
  readonly ends: readonly [string, string, string] | null;
}

const source = (kind: string): Poison["ends"] => [kind, "gate", "source"];
const GONE: Poison["ends"] = ["TOO_LARGE", "gate", "none"];

const POISON: Readonly<Record<string, Poison>> = {
  "no JSON": { value: bytes("not even JSON"), ends: source("DECODE") },
  "cut off": { value: valid().subarray(0, 50), ends: source("DECODE") },
  empty: { value: bytes(""), ends: source("DECODE") },
  "no value": { value: null, ends: source("DECODE") },
  "a byte order mark": { value: bytes(`\ufeff${Buffer.from(valid()).toString()}`), ends: source("DECODE") },
  "no UTF-8": { value: Uint8Array.of(...bytes('{"merchant":"'), 0xc3, 0x28, ...bytes('"}')), ends: source("DECODE") },
  "something behind the record": { value: bytes(`${Buffer.from(valid()).toString()}{}`), ends: source("DECODE") },
  "nested 100,000 deep": { value: bytes("[".repeat(100_000)), ends: source("DECODE") },
  "a list": { value: bytes("[]"), ends: source("CONTRACT") },
  "a prototype": { value: bytes('{"__proto__":{"amount":1}}'), ends: source("CONTRACT") },
  "a number for a text": {
    value: bytes(
      Buffer.from(valid())
        .toString()
        .replace(/"currency":"..."/, '"currency":978'),
    ),
    ends: source("CONTRACT"),
  },
  "2,000 headers": { value: valid(), headers: Array.from({ length: 2000 }, (_, i) => ({ key: `h${i}`, value: bytes("1") })), ends: null },
  "as large as a value may be": { value: valid(1_999_000), ends: null },
  "a larger value": { value: padded("{", 2_000_001), ends: GONE },
  "large, and larger with its headers": { value: valid(1_990_000), headers: header(106_900), ends: GONE },
  "a dead letter that its headers would make too large": { value: padded("{", 1_990_000), headers: header(106_900), ends: GONE },
  "too large with what the second stage adds": { value: valid(1_990_000), headers: header(99_900), ends: ["TOO_LARGE", "score", "none"] },
  "headers that alone are too large": { value: bytes("{"), headers: header(2_096_800), ends: GONE },
  "a key that fills a record": { value: bytes("{"), key: new Uint8Array(2_080_000).fill(107), ends: source("DECODE") },
};

test("records that are broken in every way, and records and dead letters over the limits, end once each, and the others go on", async () => {
  // Somebody's own topic, which takes more than any of ours.
  await world.log.createTopics([{ name: "poison.ingest.out", partitions: 2, configs: { "max.message.bytes": "3000000" } }]);
  const loaded = await world.pipeline("poison");
  const { entryTopic, dlq } = loaded.topology;
  const lane = { topic: entryTopic, partition: 0 };
  await using producer = await world.log.producer({ transactionalId: "poison" });
  for (const [name, { value, headers = [], key = bytes(name) }] of Object.entries(POISON)) {
    const transaction = producer.begin();
    transaction.write(
      lane,
      batchOf(lane, [
        { key, value, headers },
        { key: bytes("good"), value: valid() },
      ]),
    );
    await transaction.commit(null);
  }
  const names = Object.keys(POISON);
  const poison = (await recordsOf(entryTopic)).filter((record) => Buffer.from(record.key ?? []).toString() !== "good");
  await using _served = await serveHere(["gate", "inference", "router"], loaded, world.connection);
  await world.settled(loaded, 2 * names.length);

  const letters = new Map<string, PlainRecord>();
  for (const letter of await recordsOf(dlq)) {
    const key = Buffer.from(letter.key ?? []).toString();
    const offset = Number(/^poison\.ingest\.out\/0\/(\d+)\//.exec(headerText(letter.headers, "weir.dlq.origin") ?? "")?.[1]);
    const name = key in POISON ? key : (names.find((_, i) => poison[i]?.offset === offset) ?? `unknown ${offset}`);
    expect(letters.has(name)).toBe(false);
    letters.set(name, letter);
  }
  const told = (letter: PlainRecord | undefined): Poison["ends"] =>
    letter === undefined
      ? null
      : [
          headerText(letter.headers, "weir.dlq.class") ?? "",
          headerText(letter.headers, "weir.dlq.stage") ?? "",
          headerText(letter.headers, "weir.dlq.payload") ?? "",
        ];
  for (const [name, { ends, value, key }] of Object.entries(POISON)) {
    const letter = letters.get(name);
    expect({ name, ends: told(letter) }).toEqual({ name, ends });
    if (letter && ends?.[2] === "source") {
      expect(Buffer.compare(letter.value ?? bytes(""), value ?? bytes(""))).toBe(0);
      expect(Buffer.compare(letter.key ?? bytes(""), key ?? bytes(name))).toBe(0);
    }
  }
  let seen = 0;
  for await (const _record of readAll(world.broker.address, dlq)) seen++;
  expect(seen).toBe(Object.values(POISON).filter((p) => p.ends !== null).length);
});

async function recordsOf(topic: string): Promise<PlainRecord[]> {
  const records: PlainRecord[] = [];
  await readCommitted(world.log, [topic], (batch) => {
    for (let row = 0; row < batch.count; row++) records.push(recordAt(batch, row));
  });
  return records;
}
