import { readdir, readFile, readlink } from "node:fs/promises";

const LISTENING = "0A";

/** Who listens on a port of this machine: `process 123 (java)`; null where the system does not tell. */
export async function portHolder(port: number): Promise<{ readonly pid: number; readonly name: string } | null> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readFile(file, "utf8").catch(() => "")));
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    if (await holdsOneOf(pid, inodes))
      return { pid: Number(pid), name: (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim() };
  }
  return null;
}

/** From a table like /proc/net/tcp: inodes of the sockets that listen on the port. */
export function listeningInodes(table: string, port: number): string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const inode = columns[9];
    return columns[1]?.endsWith(ending) && columns[3] === LISTENING && inode !== undefined ? [inode] : [];
  });
}

async function holdsOneOf(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => "");
    if (inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "")) return true;
  }
  return false;
}
