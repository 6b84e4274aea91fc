import type { ChildProcessByStdio } from "node:child_process";
import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";

/** What a broker says: in its log file as far as the disk takes it, and the end of it in memory. */
export interface KafkaOutput {
  tail(): string;
}

/** Enough for the reason and the stack traces that follow it. */
const TAIL_CHARS_MAX = 262_144;

/** A disk that is full ends the log file, not the process that writes it. */
export function keepOutput(child: ChildProcessByStdio<null, Readable, Readable>, file: string): KafkaOutput {
  let tail = "";
  let isTaken = true;
  const log = createWriteStream(file, { flags: "a" });
  log.on("error", () => (isTaken = false));
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      tail = (tail + piece).slice(-TAIL_CHARS_MAX);
      if (isTaken) log.write(piece);
    });
  }
  child.once("close", () => log.end());
  return { tail: () => tail };
}
