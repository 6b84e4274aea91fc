import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./alive.ts";

/** A lock that nobody touched for so long belongs to a process that is gone. */
const STALE_MS = 30_000;
const BEAT_MS = 5000;
const LOOK_MS = 200;

/**
 * Taken by making a folder; kept alive by touching its owner file, which is written once. Two processes that throw out
 * the same dead owner may both get in: what is done under the lock has to bear that.
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
  const owner = path.join(folder, "owner");
  while (!(await mkdir(folder).then(() => true, refuseOthers))) {
    if (await isStale(folder, owner)) await remove(folder);
    else await sleep(LOOK_MS);
  }
  await writeFile(owner, String(process.pid));
  const beat = setInterval(() => void utimes(owner, new Date(), new Date()).catch(() => {}), BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    await rm(folder, { recursive: true, force: true });
  };
}

function refuseOthers(error: unknown): boolean {
  if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
  throw error;
}

async function isStale(folder: string, owner: string): Promise<boolean> {
  const touched = (
    await stat(owner)
      .catch(() => stat(folder))
      .catch(() => null)
  )?.mtimeMs;
  if (touched === undefined) return false;
  if (Date.now() - touched > STALE_MS) return true;
  const pid = Number(await readFile(owner, "utf8").catch(() => ""));
  return pid > 0 && !isAlive(pid);
}

/** By a rename first: of several that find it dead only one removes it. */
async function remove(folder: string): Promise<void> {
  const aside = `${folder}.${process.pid}.dead`;
  await rename(folder, aside).catch(() => {});
  await rm(aside, { recursive: true, force: true });
}
