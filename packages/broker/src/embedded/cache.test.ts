import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cached, cacheRoot } from "./cache.ts";
import { lock } from "./lock.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "weir-cache-"));
});
afterEach(() => rm(root, { recursive: true }));

it.each<[string, Record<string, string>, NodeJS.Platform, string]>([
  ["what WEIR_CACHE_DIR says", { WEIR_CACHE_DIR: "/c", XDG_CACHE_HOME: "/x" }, "linux", "/c"],
  ["a folder of XDG's", { XDG_CACHE_HOME: "/x" }, "linux", "/x/weir"],
  ["Linux's place", {}, "linux", "/h/.cache/weir"],
  ["macOS's place", {}, "darwin", "/h/Library/Caches/weir"],
  ["Windows' place", { LOCALAPPDATA: "/l" }, "win32", "/l/weir/cache"],
])("the cache is in %s", (_, env, platform, expected) => expect(cacheRoot(env, platform, "/h")).toBe(expected));

describe("a folder of the cache", () => {
  it("is built once, however many want it at the same time", async () => {
    let built = 0;
    const build = async (folder: string): Promise<void> => {
      built++;
      await writeFile(path.join(folder, "a"), String(built));
    };
    const folders = await Promise.all(Array.from({ length: 4 }, () => cached(path.join(root, "deep", "er"), "x", build)));
    expect(new Set(folders)).toEqual(new Set([path.join(root, "deep", "er", "x")]));
    expect(await readFile(path.join(folders[0] ?? "", "a"), "utf8")).toBe("1");
    expect(await readdir(path.join(root, "deep", "er"))).toEqual(["x"]);
  });

  it("is not there when its building failed, and is built at the next attempt", async () => {
    await expect(
      cached(root, "x", async (folder) => {
        await writeFile(path.join(folder, "half"), "");
        throw new Error("no network");
      }),
    ).rejects.toThrow("no network");
    expect(await readdir(root)).toEqual([]);
    expect(await readdir(await cached(root, "x", (folder) => writeFile(path.join(folder, "whole"), "")))).toEqual(["ready.json", "whole"]);
  });

  it("replaces one that was left half made", async () => {
    await mkdir(path.join(root, "x"));
    await writeFile(path.join(root, "x", "half"), "");
    expect(await readdir(await cached(root, "x", (folder) => writeFile(path.join(folder, "whole"), "")))).toEqual(["ready.json", "whole"]);
  });

  it.each(["file", "file/below"])("under a path that cannot be is refused: %s", async (name) => {
    await writeFile(path.join(root, "file"), "");
    await expect(cached(path.join(root, name), "x", async () => {})).rejects.toThrow(/WEIR-4302[^]*is not a folder[^]*WEIR_CACHE_DIR/);
  });
});

describe("the lock", () => {
  it("lets one in after the other", async () => {
    const folder = path.join(root, "l");
    const order: string[] = [];
    const release = await lock(folder);
    const second = lock(folder).then((free) => {
      order.push("second");
      return free();
    });
    order.push("first");
    await release();
    await second;
    expect(order).toEqual(["first", "second"]);
    expect(await readdir(root)).toEqual([]);
  });

  it.each([
    ["a process that is gone", () => String(spawnSync("true").pid), 0],
    ["a process that stands still", () => String(process.pid), 31_000],
  ])("is taken from %s", async (_, owner, agoMs) => {
    const folder = path.join(root, "l");
    await mkdir(folder);
    await writeFile(path.join(folder, "owner"), owner());
    const then = new Date(Date.now() - agoMs);
    await utimes(path.join(folder, "owner"), then, then);
    const release = await lock(folder);
    expect(await readFile(path.join(folder, "owner"), "utf8")).toBe(String(process.pid));
    await release();
  });
});
