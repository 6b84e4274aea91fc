import { cpSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadPipeline } from "@weir/service";
import { smallNet } from "@weir/testkit";
import { serveHere } from "../in-process.ts";
import { openDataWorld, type DataWorld } from "./data-world.ts";

let world: DataWorld;
beforeAll(async () => {
  world = await openDataWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const SERVICES = ["gate", "inference", "router"] as const;

test.each<[string, (file: string) => void, RegExp]>([
  ["swapped for another", (file) => writeFileSync(file, smallNet(99)), /WEIR-1602/],
  ["cut off", (file) => writeFileSync(file, smallNet(7).subarray(0, 500)), /WEIR-1602/],
  ["taken away", (file) => renameSync(file, `${file}.away`), /WEIR-1601/],
])(
  "a model that is %s under a running service: it goes on with the bytes it verified; a start refuses; nothing is lost",
  async (how, harm, told) => {
    const loaded = await world.pipeline(how.replaceAll(" ", "-"));
    const file = path.join(loaded.folder, "models/fraud/1/model.onnx");
    const whole = { ...loaded, folder: `${loaded.folder}-whole` };
    cpSync(loaded.folder, whole.folder, { recursive: true });
    await world.write(loaded, 1, 200);
    {
      await using _served = await serveHere(SERVICES, loaded, world.connection);
      await world.settled(whole, 200);
      harm(file);
      await world.write(loaded, 1, 200, 8);
      await world.settled(whole, 400);
    }
    await world.write(loaded, 1, 200, 9);
    const start = async (): Promise<void> => {
      await using _served = await serveHere(SERVICES, loadPipeline(loaded.folder, {}), world.connection);
    };
    await expect(start()).rejects.toThrow(told);
    cpSync(whole.folder, loaded.folder, { recursive: true });
    await using _again = await serveHere(SERVICES, loaded, world.connection);
    await world.settled(whole, 600);
  },
);
