import { spawnSync } from "node:child_process";
import { setPriority } from "node:os";

const FIRST = -15;

/**
 * Before everything that is measured: who makes or takes the time must not wait for its turn. Where the system groups processes by
 * session a priority counts within the group only, so the main thread asks for the real-time queue, too. Each only where it is
 * allowed; where it is not the lateness of the generator tells.
 */
export function comeFirst(): void {
  try {
    setPriority(FIRST);
  } catch {
    // No right to it.
  }
  spawnSync("chrt", ["--fifo", "--pid", "1", String(process.pid)], { stdio: "ignore" });
}
