import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerProblem } from "../problems.ts";
import { isAlive } from "./alive.ts";
import { makeFolder } from "./folder.ts";

const OWNER = "weir.pid";
const LOOK_MS = 100;
const CLEAN_STOP_MS = 10_000;

export function nodeFolder(dataDir: string, id: number): string {
  return path.join(dataDir, `node-${id}`);
}

/** Takes a data directory for this process: one at a time, writable, and either new or a cluster of this size. */
export async function takeDataDir(folder: string, nodes: number): Promise<() => Promise<void>> {
  const why = await makeFolder(folder);
  if (why !== null) throw notWritable(folder, why);
  refuseForeign(folder, await readdir(folder), nodes);
  const owner = path.join(folder, OWNER);
  for (;;) {
    const refused = await writeFile(owner, String(process.pid), { flag: "wx" }).then(() => null, asError);
    if (refused === null) return () => rm(owner, { force: true });
    if (!("code" in refused && refused.code === "EEXIST")) throw notWritable(folder, String(refused));
    const holder = Number(await readFile(owner, "utf8").catch(() => ""));
    if (holder > 0 && isAlive(holder)) throw inUse(folder, holder, owner);
    await rm(owner, { force: true });
  }
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

function refuseForeign(folder: string, entries: readonly string[], nodes: number): void {
  const had = entries.filter((name) => /^node-\d+$/.test(name)).length;
  if (had === nodes || entries.every((name) => name === OWNER)) return;
  throw brokerProblem({
    code: "WEIR-4312",
    what: "the data directory belongs to something else",
    where: folder,
    why:
      had === 0
        ? `it holds ${entries.slice(0, 3).join(", ")}, but no data of an embedded Kafka`
        : `it holds a cluster of ${had}, and a cluster of ${nodes} is wanted`,
    fix: "name an empty directory with --data",
  });
}

const NO_WRITING = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO"]);

/** What to say when the folder was taken and its first files could not be written: a disk that is full, most of all. */
export function whyNotPrepared(folder: string, cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return NO_WRITING.has(code) ? notWritable(folder, String(cause)) : cause;
}

function notWritable(folder: string, why: string): Error {
  return brokerProblem({
    code: "WEIR-4307",
    what: "the data directory cannot be written",
    where: folder,
    why,
    fix: "free some space there, or name another directory with --data",
  });
}

function inUse(folder: string, holder: number, owner: string): Error {
  return brokerProblem({
    code: "WEIR-4308",
    what: "the data directory is in use",
    where: folder,
    why: `process ${holder} works on it`,
    fix: `stop that process (kill ${holder}), or name another directory with --data; if it is not Weir, delete ${owner}`,
  });
}

/** A broker that a killed run left behind is stopped: it holds the data. */
export async function stopLeftOver(folder: string, note: (line: string) => void): Promise<void> {
  const pid = Number(await readFile(path.join(folder, "kafka.pid"), "utf8").catch(() => ""));
  if (!(pid > 0) || !isAlive(pid) || !(await isOurs(pid, folder))) return;
  note(`stopping the Kafka that an earlier run left behind (process ${pid})`);
  process.kill(pid, "SIGTERM");
  if (await waitUntilDead(pid, CLEAN_STOP_MS)) return;
  process.kill(pid, "SIGKILL");
  await waitUntilDead(pid, CLEAN_STOP_MS);
}

async function waitUntilDead(pid: number, limitMs: number): Promise<boolean> {
  for (const end = Date.now() + limitMs; isAlive(pid); await sleep(LOOK_MS)) if (Date.now() > end) return false;
  return true;
}

/** Pids are used again: only a process whose command line names the folder is ours. Where that cannot be read, it is not. */
async function isOurs(pid: number, folder: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.includes(path.join(folder, "server.properties"));
}
