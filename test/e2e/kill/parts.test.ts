import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { consoleConsumer } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline, systemClock, type LoadedPipeline } from "@weir/service";
import { createMemoryLog } from "@weir/stream";
import { expect, inject, onTestFinished, test } from "vitest";
import { differences, outputsOf, runThrough, type Outputs } from "../determinism/replayed.ts";
import { markEnds, untilMarks } from "../end-marks.ts";
import { endTopics, waitForEnds } from "../ends.ts";
import { ended, startProcess, type FleetProcess, type ProcessPlace } from "../fleet.ts";
import {
  HELD,
  look,
  numberOf,
  PART,
  PART_BYTES,
  produceParts,
  RECORDS,
  SIZE,
  until,
  writeParts,
  type Seen,
  type Watched,
} from "./parts-world.ts";

const GATE: FleetProcess = { slot: "gate-0", script: "test/e2e/kill/parts-main.ts", env: { WEIR_PART_BYTES: String(PART_BYTES) } };
const WINDOWS = [0, 1, 2].map((number) => `gate/count/0-${number}/0`);
/** What two commits may still bring that nobody had seen when the process died, and one part more. */
const ON_THE_WAY = 3 * PART;
const SILENCE_MS = 60_000;
/** Of the reader, which is there from before the first record to after the last. */
const PATIENCE_MS = 180_000;

/** A gate in a process of its own, which is killed as soon as what it has committed is so. */
function mortalGate(place: ProcessPlace, watched: Watched) {
  let gate = startProcess(GATE, place);
  return {
    /** Gives what was committed when it was dead, and lets the next one go on. */
    killWhen: async (holds: (seen: Seen) => boolean): Promise<Seen> => {
      await until(watched, holds);
      expect(await ended(gate, "SIGKILL")).toBe("SIGKILL");
      const seen = await look(watched);
      gate = startProcess(GATE, place);
      return seen;
    },
    stop: () => ended(gate, "SIGTERM"),
    kill: async () => void (await ended(gate, "SIGKILL")),
  };
}

/** The same records through a gate that lives, and lets its windows go whole. */
async function withoutKills(loaded: LoadedPipeline): Promise<Outputs> {
  await using log = createMemoryLog({ clock: systemClock });
  await log.createTopics(loaded.topology.topics);
  await produceParts(log, loaded.topology, 0, HELD);
  await produceParts(log, loaded.topology, HELD, RECORDS);
  await runThrough(log, loaded, RECORDS, { fused: false, seed: 0, polls: RECORDS, lifetime: 0 });
  return await outputsOf(log, loaded);
}

/** Key and value of every record that Kafka's console consumer finds, until it has come to the mark at the end of every topic. */
async function printed(address: string, topics: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const args = ["--formatter-property", "print.key=true", "--formatter-property", "key.separator=\t"];
  const reader = consoleConsumer({ address, topic: topics, isolation: "read_committed", timeoutMs: PATIENCE_MS, args });
  for await (const line of untilMarks(reader, topics.length)) lines.push(line); // one partition each
  return lines.sort();
}

/** What the console consumer should print of them. */
function printedOf(outputs: Outputs): string[] {
  const places = [...outputs].filter(([place]) => !place.startsWith("P.verdicts/"));
  return places.flatMap(([, lines]) => lines.map((line) => line.split("\t", 2).join("\t"))).sort();
}

/** How the windows were judged, in their order. */
function verdictsOf(outputs: Outputs): string[] {
  const lines = outputs.get("P.verdicts/0") ?? [];
  return lines.map((line) => (JSON.parse(line.split("\t")[1] ?? "") as { verdict: string }).verdict);
}

function leftOf(window: number, { left }: Seen): number {
  return left.filter((n) => Math.floor(n / SIZE) === window).length;
}

test("kill -9 of a gate that holds a window, at its verdict, and between its parts: the same bytes as without", async () => {
  const address = inject("kafka");
  const folder = mkdtempSync(path.join(tmpdir(), "weir-parts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const name = `parts${Date.now().toString(36)}`;
  writeParts(folder, name);
  const loaded = loadPipeline(folder, {});
  const { topology } = loaded;
  const ends = endTopics(topology);
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-parts" });
  await log.createTopics(topology.topics);
  const [gate, reading] = [mortalGate({ pipeline: folder, address, logs: folder }, { log, topology, name }), printed(address, ends)];
  onTestFinished(gate.kill);
  reading.catch(() => {}); // awaited below

  await produceParts(log, topology, 0, HELD);
  const [holding, expected] = await Promise.all([gate.killWhen(({ next }) => next >= HELD), withoutKills(loaded)]);
  expect(verdictsOf(expected)).toEqual(["pass", "breach", "pass"]);
  expect(holding).toEqual({ left: [], judged: [], next: HELD });

  await produceParts(log, topology, HELD, RECORDS);
  const atVerdict = await gate.killWhen(({ judged }) => judged.length === 1);
  const between = await gate.killWhen(({ left }) => left.length > atVerdict.left.length);
  expect(atVerdict.judged).toEqual(WINDOWS.slice(0, 1)); // perhaps with the first parts behind it, or it is there alone
  expect(between.judged).toEqual(WINDOWS.slice(0, 1));
  expect(between.left.length).toBeGreaterThan(atVerdict.left.length);
  expect(between.left.length).toBeLessThan(SIZE - ON_THE_WAY);
  const condemned = await gate.killWhen((seen) => leftOf(1, seen) > 0);
  expect(condemned.judged).toEqual(WINDOWS.slice(0, 2));
  expect(leftOf(1, condemned)).toBeLessThan(SIZE - ON_THE_WAY);

  await waitForEnds(log, topology, RECORDS, SILENCE_MS);
  expect(await gate.stop()).toBe(0);
  console.log(`  killed with ${leftOf(0, atVerdict)}, ${leftOf(0, between)} and ${leftOf(1, condemned)} of ${SIZE} records out`);
  expect((await look({ log, topology, name })).judged).toEqual(WINDOWS);
  expect(differences(expected, await outputsOf(log, loaded))).toEqual([]);
  for (const topic of ends) await markEnds(log, topic);
  const lines = await reading;
  expect(differences(new Map([["printed", printedOf(expected)]]), new Map([["printed", lines]]))).toEqual([]);
  expect(lines.map(numberOf).sort((a, b) => a - b)).toEqual(Array.from({ length: RECORDS }, (_, n) => n));
});
