import { access, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { constants } from "node:fs";
import path from "node:path";
import { brokerProblem } from "../problems.ts";
import { isAlive } from "./cache.ts";

/** Takes a data directory for this process: one at a time, writable, without a broker left from an earlier run. */
export async function takeDataDir(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw brokerProblem({ code: "WEIR-4307", what: "the data directory cannot be written", where: folder, why: cause instanceof Error ? cause.message : String(cause), fix: "name another with --data" }, cause);
  }
  const owner = path.join(folder, "weir.pid");
  const holder = Number(await readFile(owner, "utf8").catch(() => ""));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw brokerProblem({ code: "WEIR-4308", what: "the data directory is in use", where: folder, why: `process ${holder} works on it`, fix: `stop that process (kill ${holder}), or name another directory with --data` });
  }
  await writeFile(owner, String(process.pid));
  return () => rm(owner, { force: true });
}

/** A broker that a killed run left behind is stopped: it holds the ports and the data. */
export async function stopLeftOver(nodeFolder: string, note: (line: string) => void): Promise<void> {
  const file = path.join(nodeFolder, "kafka.pid");
  const pid = Number(await readFile(file, "utf8").catch(() => ""));
  if (!(pid > 0) || !isAlive(pid) || !(await isOurs(pid, nodeFolder))) return;
  note(`stopping the Kafka that an earlier run left behind (process ${pid})`);
  process.kill(pid, "SIGTERM");
  for (let i = 0; i < 100 && isAlive(pid); i++) await new Promise((done) => setTimeout(done, 100));
  if (isAlive(pid)) process.kill(pid, "SIGKILL");
}

/** Pids are used again: only a process whose command line names the folder is ours. Where that cannot be read, it is not. */
async function isOurs(pid: number, nodeFolder: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return command.includes(path.join(nodeFolder, "server.properties"));
}
