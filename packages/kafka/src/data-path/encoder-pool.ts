import type { Compression } from "@weir/stream";
import { BatchEncoder } from "../record-batch/index.ts";

/** Encoders whose bytes the broker has acknowledged, to be used again: large buffers that come and go are what collections cost most. */
export interface EncoderPool {
  /** One that has room for what the lane had last time. */
  take(key: string): BatchEncoder;
  /** The lane's batch is finished: so much room the next one may need, too. */
  finished(key: string, encoder: BatchEncoder): void;
  /** Only when nothing can still be reading its bytes: never after a failed request. */
  give(encoder: BatchEncoder): void;
}

/** Three transactions of a stage that is far behind. */
const MOST_KEPT_BYTES = 128 * 1024 * 1024;

export function createEncoderPool(compression: Compression = "none"): EncoderPool {
  const capacities = new Map<string, number>();
  const free = new Map<number, BatchEncoder[]>();
  let kept = 0;
  return {
    take: (key) => {
      const capacity = capacities.get(key);
      const encoder = capacity === undefined ? undefined : free.get(capacity)?.pop();
      if (encoder) kept -= encoder.capacity;
      return encoder ?? new BatchEncoder({ capacity, compression });
    },
    finished: (key, { capacity }) => void capacities.set(key, capacity),
    give: (encoder) => {
      const { capacity } = encoder;
      if (kept + capacity > MOST_KEPT_BYTES) return;
      encoder.reset();
      kept += capacity;
      const same = free.get(capacity);
      if (same) same.push(encoder);
      else free.set(capacity, [encoder]);
    },
  };
}
