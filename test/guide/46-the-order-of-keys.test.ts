import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "./flights-world.ts";

// Some records only make sense in their order: a seat is booked, changed, given back. If the booking fails and the change passes, the output
// tells of a seat that nobody booked. `sequenced: true` keeps the order of keys: what comes behind a failed record of its key waits for it.

const PIPELINE = `apiVersion: weir/v1
kind: Pipeline
metadata: {name: seats, owner: user:agent}
record: {contract: seat.schema.json, format: json, key: /seat}
onFailure: {sequenced: true}
stages:
  ingest: {type: ingest, out: gate}
  gate: {type: gate, rules: [{id: contract, kind: schema}], pass: {topic: seats.done}}
`;
const CONTRACT = { type: "object", properties: { seat: { type: "string" }, price: { type: "number" } }, required: ["seat", "price"] };
const decoder = new TextDecoder();
let world: World;

beforeAll(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-guide-"));
  writeFileSync(path.join(folder, "pipeline.yaml"), PIPELINE);
  writeFileSync(path.join(folder, "seat.schema.json"), JSON.stringify(CONTRACT));
  world = await startWorld(folder);
});
afterAll(() => world[Symbol.asyncDispose]());

const says = (seat: string, does: string, price: unknown): string => JSON.stringify({ seat, does, price });
const done = (): string[] => world.records("seats.done").map(({ value }) => (JSON.parse(decoder.decode(value ?? undefined)) as { does: string }).does); // prettier-ignore

test("behind a record that failed its key waits; other keys do not", async () => {
  await world.produce([says("1A", "book 1A", "90"), says("1A", "change 1A", 90), says("2B", "book 2B", 80), says("1A", "return 1A", 90)]);
  await world.until(() => world.count("seats.done", "seats.dlq", "seats.gate.waiting") === 4);
  expect(done()).toEqual(["book 2B"]);
  expect(world.count("seats.dlq")).toBe(1); // one thing is wrong, and its owner sees one thing
  expect(world.count("seats.gate.waiting")).toBe(2);
});

test("once it has been replayed, what waited goes on by itself, before anything new of the key", async () => {
  await world.run(await world.plan({ edit: { map: { "/price": "double(record.price)" } } }));
  await world.produce([says("1A", "book 1A again", 95)]);
  await world.until(() => done().length === 5);
  expect(done().slice(1)).toEqual(["book 1A", "change 1A", "return 1A", "book 1A again"]);
});

test("discarding it is an answer, too: the others need not wait for a record that never comes", async () => {
  await world.produce([says("3C", "book 3C", null), says("3C", "book 3C better", 70)]);
  await world.until(() => world.count("seats.dlq") === 2);
  await world.run(await world.plan({ does: "discard" }));
  await world.until(() => done().length === 6);
  expect(done().slice(5)).toEqual(["book 3C better"]);
});
