import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeDataDir } from "./data-dir.ts";

let root: string;
let dataDir: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "weir-data-"));
  dataDir = path.join(root, "data");
});
afterEach(() => rm(root, { recursive: true }));

it("has one process at a time, and is free again afterwards", async () => {
  const release = await takeDataDir(dataDir, 1);
  await expect(takeDataDir(dataDir, 1)).rejects.toThrow(
    new RegExp(`WEIR-4308 the data directory is in use\\n.*\\n.*process ${process.pid}.*\\n.*kill ${process.pid}`),
  );
  await release();
  await (
    await takeDataDir(dataDir, 1)
  )();
  expect(await readdir(dataDir)).toEqual([]);
});

it("of two that come at once lets one in", async () => {
  const came = await Promise.allSettled([takeDataDir(dataDir, 1), takeDataDir(dataDir, 1)]);
  expect(came.map((c) => c.status).sort()).toEqual(["fulfilled", "rejected"]);
});

it("is taken over from a process that is gone", async () => {
  await mkdir(dataDir);
  await writeFile(path.join(dataDir, "weir.pid"), String(spawnSync("true").pid));
  await (
    await takeDataDir(dataDir, 1)
  )();
});

it("is refused where a file is in the way", async () => {
  await writeFile(dataDir, "");
  await expect(takeDataDir(dataDir, 1)).rejects.toThrow(/WEIR-4307[^]*is not a folder[^]*--data/);
});

it("is refused when it holds what is not ours", async () => {
  await mkdir(path.join(dataDir, "photos"), { recursive: true });
  await expect(takeDataDir(dataDir, 1)).rejects.toThrow(/WEIR-4312[^]*it holds photos/);
});

it("is refused when it holds a cluster of another size", async () => {
  for (const id of [1, 2, 3]) await mkdir(path.join(dataDir, `node-${id}`), { recursive: true });
  await expect(takeDataDir(dataDir, 1)).rejects.toThrow(/WEIR-4312[^]*a cluster of 3, and a cluster of 1 is wanted/);
  await (
    await takeDataDir(dataDir, 3)
  )();
});
