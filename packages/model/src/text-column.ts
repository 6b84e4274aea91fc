import type { Slices } from "@weir/record";
import { createArena, type Arena } from "@weir/wasm";
import type { Predictions } from "./scores.ts";
import { createTextKernel, DATA_AT, FRAME, type TextKernel } from "./text-kernel.ts";

/** The fixed parts of a prediction's text. */
export interface TextParts {
  /** One for each label, up to the first number. */
  readonly heads: readonly Uint8Array[];
  /** What stands before each score. */
  readonly names: readonly Uint8Array[];
  readonly end: Uint8Array;
}

/** Writes the texts of the predictions `from` to before `to` at once. A length of 0: that one must be written by itself. */
export type TextColumn = (predictions: Predictions, from: number, to: number) => Slices;

interface Shared {
  readonly kernel: TextKernel;
  readonly arena: Arena;
}

let shared: Shared | null = null;

function shareKernel(): Shared {
  const kernel = createTextKernel();
  return { kernel, arena: createArena(kernel, DATA_AT) };
}

/** `maxBytes`: of one text. */
export function createTextColumn(parts: TextParts, maxBytes: number): TextColumn {
  const { kernel, arena } = (shared ??= shareKernel());
  const frame = (cell: keyof typeof FRAME, value: number): void => void (kernel.ints()[FRAME[cell] >> 2] = value);
  const putParts = (list: readonly Uint8Array[]): number => arena.putInts(list.flatMap((part) => [arena.put(part), part.length]));
  return (predictions, from, to) => {
    const count = to - from;
    const { labels, confidence, scores } = predictions;
    arena.clear();
    frame("labels", arena.putInts(labels.subarray(from, to)));
    frame("confidence", confidence === null ? 0 : arena.putDoubles(confidence.subarray(from, to)));
    const table = arena.putInts(scores.map((column) => arena.putDoubles(column.subarray(from, to))));
    frame("scores", table);
    frame("scoresEnd", table + 4 * scores.length);
    frame("heads", putParts(parts.heads));
    frame("names", putParts(parts.names));
    frame("end", arena.put(parts.end));
    frame("endLength", parts.end.length);
    const at = arena.room(4 * count);
    const lengths = arena.room(4 * count);
    const out = arena.room(maxBytes * count);
    frame("at", at);
    frame("lengths", lengths);
    frame("out", out);
    kernel.call.write(count);
    const ints = kernel.ints();
    return {
      bytes: kernel.bytes().slice(out, ints[FRAME.out >> 2]),
      at: ints.slice(at >> 2, (at >> 2) + count),
      length: ints.slice(lengths >> 2, (lengths >> 2) + count),
    };
  };
}
