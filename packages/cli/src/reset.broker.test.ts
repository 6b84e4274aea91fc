import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createGroupAdmin, createKafkaLog } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { reportError } from "./output.ts";
import { createProgram } from "./program.ts";
import { Exit } from "./program/shell.ts";
import { makeStarter } from "./starter/starter.ts";
import { startServices, type RunningServices } from "./up/services.ts";

const address = inject("kafka");
const root = mkdtempSync(path.join(tmpdir(), "weir-reset-"));
const folder = path.join(root, `reset-${Date.now().toString(36)}`);
const at = ["--pipeline", folder, "--broker", address];

async function weir(...args: string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [data, notes]: [string[], string[]] = [[], []];
  const output = { data: (line: string) => void data.push(line), note: (line: string) => void notes.push(line) };
  let code = 0;
  try {
    await createProgram({}, output).parseAsync(["node", "weir", ...args]);
  } catch (error) {
    code = error instanceof Exit ? error.code : reportError(error, output);
  }
  return { code, stdout: data.join("\n"), stderr: notes.join("\n") };
}

function run(): Promise<RunningServices> {
  return startServices({
    loaded: loadPipeline(folder, {}),
    connection: { brokers: [address], security: () => ({}) },
    names: ["gate"],
    fused: false,
    host: "127.0.0.1",
    port: 0,
    slotOf: (service) => `${path.basename(folder)}-${service}`,
    transactionTimeoutMs: 10_000,
    logLevel: "silent",
  });
}

/** What the gate has decided so far, all its runs together. */
async function decided(): Promise<{ readonly in: number; readonly held: number; readonly ports: Readonly<Record<string, number>> }> {
  const { stages } = JSON.parse((await weir("status", ...at, "--json")).stdout);
  return stages[0];
}

beforeAll(async () => {
  makeStarter(folder);
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-reset-test" });
  await log.createTopics(loadPipeline(folder, {}).topology.topics);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a stage is reset to the beginning only while it does not run, with its state, and decides everything again", async () => {
  expect((await weir("produce", ...at, "-f", path.join(folder, "data/sample.ndjson"))).code).toBe(0); // no end: the second hour stays open
  const first = await run();
  await expect.poll(async () => (await decided()).ports, { timeout: 30_000, interval: 200 }).toEqual({ pass: 100 });

  const whileRunning = await weir("reset", "gate", ...at, "--to", "earliest", "--yes");
  expect(whileRunning).toMatchObject({ code: 1, stderr: expect.stringMatching(/WEIR-6047 gate still runs\n.*\n {2}why: .*\n {2}do: /) });
  await using groups = await createGroupAdmin({ brokers: [address], clientId: "weir-reset-test" });
  const { topology } = loadPipeline(folder, {});
  const group = topology.stages.find((s) => s.id === "gate")?.group ?? "";
  const alone = (offset: number): Promise<void> => groups.move(group, new Map([[{ topic: topology.entryTopic, partition: 0 }, offset]]));
  await expect(alone(0)).rejects.toThrow(/WEIR-7013/); // the coordinator refuses it, whoever came in between
  await first.stop();

  const dry = await weir("reset", "gate", ...at, "--to", "earliest", "--dry-run", "--json");
  expect(dry.code, dry.stderr).toBe(0);
  const told = JSON.parse(dry.stdout);
  expect(told).toMatchObject({ stage: "gate", done: false, moves: [{ from: expect.any(Number), to: 0 }] });
  expect(told.states).toBeGreaterThan(0);
  expect(await weir("reset", "gate", ...at, "--to", "earliest")).toMatchObject({ code: 6, stderr: expect.stringContaining("WEIR-6021") });
  expect(JSON.parse((await weir("reset", "gate", ...at, "--to", "earliest", "--dry-run", "--json")).stdout)).toEqual(told); // nothing was done

  const done = await weir("reset", "gate", ...at, "--to", "earliest", "--reason", "rules were wrong", "--yes");
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toContain("decided again");
  const second = await run();
  await expect.poll(async () => (await decided()).ports, { timeout: 30_000, interval: 200 }).toEqual({ pass: 200 });
  await second.stop();
  await alone(0); // a reset that was cut off: its state is still there
  const cutOff = await run();
  await expect(cutOff.done).rejects.toThrow(/WEIR-2302/);
  await cutOff.stop();
  const audit = await weir("audit", "log", "--broker", address, "--json");
  expect(audit.stdout).toContain(`"action":"stage.reset"`);

  const latest = await weir("reset", "gate", ...at, "--to", "latest", "--yes");
  expect(latest.stdout).toMatch(/left out/);
  expect(JSON.parse((await weir("reset", "gate", ...at, "--to", "latest", "--dry-run", "--json")).stdout)).toMatchObject({
    moves: [{ again: 0 }],
    states: 0,
  });
}, 120_000);

test.each([
  [["reset", "ingest", "--to", "earliest"], "WEIR-6046"],
  [["reset", "gat", "--to", "earliest"], "stages are gate, route"],
  [["reset", "gate", "--to", "yesterday"], "is no place of a topic"],
])("weir %s is wrong usage", async (args, says) => {
  expect(await weir(...args, ...at)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(says) });
});
