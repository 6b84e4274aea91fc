import { closeSync, openSync, readFileSync, readSync, truncateSync, writeFileSync } from "node:fs";

const PIECE_BYTES = 8 * 1024 * 1024;
/** What is left to whoever starts next. */
const LEFT_BYTES = 512 * 1024 * 1024;

/**
 * Reads a file of holes as large as the free memory, so that all of it is in use. A page that has never been, or that the machine has
 * given back to its host, costs more to get than what a broker writes into it: 2.7 µs a record on a fresh machine where it needs
 * 1.4, and for no other reason one system more than the next. The pages of the file are the first to be used again; it takes no room
 * on the disk and has to stay until the end.
 */
export function touchMemory(file: string): void {
  const bytes = Math.max(0, freeBytes() - LEFT_BYTES);
  writeFileSync(file, "");
  truncateSync(file, bytes);
  const piece = Buffer.alloc(PIECE_BYTES);
  const descriptor = openSync(file, "r");
  try {
    while (readSync(descriptor, piece) > 0);
  } finally {
    closeSync(descriptor);
  }
}

function freeBytes(): number {
  const found = /^MemFree:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
  return 1024 * Number(found?.[1] ?? 0);
}
