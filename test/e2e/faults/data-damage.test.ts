import { afterAll, beforeAll, expect, test } from "vitest";
import { serveHere } from "../in-process.ts";
import { damageBatch, type Damage } from "./data-files.ts";
import { openDataWorld, textAt, type DataWorld } from "./data-world.ts";

let world: DataWorld;
beforeAll(async () => {
  world = await openDataWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const SERVICES = ["gate", "inference", "router"] as const;

test.each<[Damage, RegExp]>([
  ["checksum", /checksum does not match/],
  ["compression", /incorrect header check|unexpected end|invalid/i],
  ["codec", /unknown compression codec 7/],
])("a batch with a damaged %s halts its partition, says so, and is left out by an audited command", async (how, why) => {
  const loaded = await world.pipeline(`damage-${how}`);
  const entry = loaded.topology.entryTopic;
  await world.write(loaded, 5, 200);
  const hurt = damageBatch(world.dataDir, entry, 0, 2, how);
  const whole = 1000 - (hurt.last - hurt.first + 1);
  {
    await using served = await serveHere(SERVICES, loaded, world.connection);
    // The other partition goes on; this one stands at the damage, and everybody can see why.
    await expect.poll(() => textAt(served.urls, "gate", "/readyz"), { timeout: 20_000 }).toMatch(why);
    expect(JSON.parse(await textAt(served.urls, "gate", "/readyz"))).toEqual({
      ready: true,
      halted: [expect.stringContaining(`${entry}/0 at offset ${hurt.first}: `) as string],
    });
    expect(await textAt(served.urls, "gate", "/metrics")).toMatch(/weir_partition_halted\{[^}]*stage="gate"[^}]*partition="0"[^}]*\} 1/);
    expect(await world.weir(["audit", "counts", "--pipeline", loaded.folder])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/WEIR-6045/) as string,
    });

    const command = ["skip", `${entry}/0`, "--pipeline", loaded.folder, "--reason", "a test of disks", "--by", "user:tester"];
    const looked = await world.weir([...command, "--dry-run", "--json"]);
    expect(JSON.parse(looked.stdout)).toMatchObject({ from: hurt.first, to: hurt.last + 1, stages: ["gate"] });
    expect(await world.weir(command)).toMatchObject({ code: 6, stderr: expect.stringMatching(/WEIR-6044/) as string });
    expect(await world.weir([...command, "--yes"])).toMatchObject({ code: 0 });
    await world.settled(loaded, whole);
    expect(JSON.parse(await textAt(served.urls, "gate", "/readyz"))).toEqual({ ready: true });
  }
  const { stdout } = await world.weir(["audit", "log", "--verify", "--json"]);
  const entries = stdout.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
  expect(entries.find((e) => e["pipeline"] === loaded.pipeline.name)).toMatchObject({
    actor: "user:tester",
    action: "records.skipped",
    subject: `${entry}/0/${hurt.first}-${hurt.last}`,
    reason: "a test of disks",
  });
  // In a next life the note still holds, and nothing comes twice.
  await using _again = await serveHere(SERVICES, loaded, world.connection);
  await world.write(loaded, 1, 100, 8);
  await world.settled(loaded, whole + 100);
});

test("damage of a topic between stages halts the reader alone", async () => {
  const loaded = await world.pipeline("damage-between");
  {
    await using _gate = await serveHere(["gate"], loaded, world.connection);
    for (let i = 0; i < 3; i++) {
      await world.write(loaded, 1, 200, 20 + i);
      await expect.poll(async () => (await world.log.bounds([{ topic: "damage-between.gate.pass", partition: 0 }])).get("damage-between.gate.pass/0")?.latest ?? 0).toBeGreaterThan(i * 60); // prettier-ignore
    }
  }
  damageBatch(world.dataDir, "damage-between.gate.pass", 0, 1, "checksum");
  await using served = await serveHere(SERVICES, loaded, world.connection);
  await expect
    .poll(() => textAt(served.urls, "inference", "/readyz"), { timeout: 20_000 })
    .toMatch(/damage-between.gate.pass\/0 at offset/);
  expect(JSON.parse(await textAt(served.urls, "gate", "/readyz"))).toEqual({ ready: true });
  const told = await world.weir(["skip", "damage-between.gate.pass/0", "--pipeline", loaded.folder, "--reason", "a test", "--yes"]);
  expect(told, told.stderr).toMatchObject({ code: 0 });
  await expect.poll(() => textAt(served.urls, "inference", "/readyz"), { timeout: 20_000 }).not.toMatch(/halted/);
});
