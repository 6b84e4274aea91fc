import { access, mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerProblem } from "../problems.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** `WEIR_CACHE_DIR`, else the platform's place for caches. */
export function cacheRoot(env: Env, platform: NodeJS.Platform = process.platform, home: string = os.homedir()): string {
  if (env["WEIR_CACHE_DIR"]) return env["WEIR_CACHE_DIR"];
  if (env["XDG_CACHE_HOME"]) return path.join(env["XDG_CACHE_HOME"], "weir");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "weir");
  if (platform === "win32") return path.join(env["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), "weir", "cache");
  return path.join(home, ".cache", "weir");
}

/** A lock that nobody touched for so long belongs to a process that is gone. */
const STALE_MS = 30_000;
const BEAT_MS = 5000;
const LOOK_MS = 200;

/**
 * The folder `name` of the cache, made by `build` if it is not whole yet: into a temporary folder, `ready.json` last, one
 * rename. Processes that want the same wait for one another.
 */
export async function cached(root: string, name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(root, name);
  if (await isReady(folder)) return folder;
  await makeRoot(root);
  const unlock = await lock(`${folder}.lock`);
  try {
    if (await isReady(folder)) return folder;
    const temporary = `${folder}.${process.pid}.tmp`;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    try {
      await build(temporary);
      await writeFile(path.join(temporary, "ready.json"), JSON.stringify({ name }));
      await rm(folder, { recursive: true, force: true });
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
    return folder;
  } finally {
    await unlock();
  }
}

async function isReady(folder: string): Promise<boolean> {
  return access(path.join(folder, "ready.json")).then(() => true, () => false);
}

/** Node 20's recursive mkdir never returns on a path that cannot be: the nearest parent that exists is asked first. */
async function makeRoot(root: string): Promise<void> {
  let parent = path.resolve(root);
  for (;;) {
    const found = await stat(parent).catch(() => null);
    if (found) {
      const writable = found.isDirectory() && (await access(parent, constants.W_OK).then(() => true, () => false));
      if (writable) break;
      throw brokerProblem({
        code: "WEIR-4302", what: "the cache folder cannot be written", where: root,
        why: found.isDirectory() ? `${parent} is not writable` : `${parent} is not a folder`, fix: "set WEIR_CACHE_DIR to a folder that can be written",
      });
    }
    parent = path.dirname(parent);
  }
  await mkdir(root, { recursive: true });
}

/** Taken by making a folder; kept alive by touching its owner file, which is written once. */
export async function lock(folder: string): Promise<() => Promise<void>> {
  const owner = path.join(folder, "owner");
  for (;;) {
    try {
      await mkdir(folder);
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      if (await isStale(folder, owner)) await rm(folder, { recursive: true, force: true });
      else await sleep(LOOK_MS);
    }
  }
  await writeFile(owner, String(process.pid));
  const beat = setInterval(() => void utimes(owner, new Date(), new Date()).catch(() => {}), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    await rm(folder, { recursive: true, force: true });
  };
}

async function isStale(folder: string, owner: string): Promise<boolean> {
  const touched = (await stat(owner).catch(() => stat(folder)).catch(() => null))?.mtimeMs;
  if (touched === undefined) return false;
  if (Date.now() - touched > STALE_MS) return true;
  const pid = Number(await readFile(owner, "utf8").catch(() => ""));
  return pid > 0 && !isAlive(pid);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
