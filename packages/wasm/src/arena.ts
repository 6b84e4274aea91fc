import { COPY_SLACK_BYTES } from "./copy.ts";
import type { Kernel } from "./kernel.ts";

/** Places in a kernel's memory, one behind the other, each with room for copies that go too far. */
export interface Arena {
  /** All places are free again. */
  clear(): void;
  /** Room for so many bytes; gives its address, which every type of number may stand at. */
  room(bytes: number): number;
  put(bytes: Uint8Array): number;
  putInts(column: Int32Array | readonly number[]): number;
  putDoubles(column: Float64Array): number;
}

/** What lies below `from` is the kernel's own. The memory grows as needed: views of it are asked for anew afterwards. */
export function createArena(kernel: Kernel<string>, from: number): Arena {
  let end = from;
  const room = (bytes: number): number => {
    const at = (end + 15) & ~15;
    end = at + bytes + COPY_SLACK_BYTES;
    kernel.reserve(end);
    return at;
  };
  return {
    clear: () => void (end = from),
    room,
    put(bytes) {
      const at = room(bytes.length);
      kernel.bytes().set(bytes, at);
      return at;
    },
    putInts(column) {
      const at = room(4 * column.length);
      kernel.ints().set(column, at >> 2);
      return at;
    },
    putDoubles(column) {
      const at = room(8 * column.length);
      kernel.doubles().set(column, at >> 3);
      return at;
    },
  };
}
