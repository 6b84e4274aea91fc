import { BatchEncoder } from "../record-batch/index.ts";

/** Encoders whose bytes the broker has acknowledged, to be used again. */
export interface EncoderPool {
  take(): BatchEncoder;
  /** Only when nothing can still be reading its bytes: never after a failed request. */
  give(encoder: BatchEncoder): void;
}

const MOST_KEPT = 64;

export function createEncoderPool(): EncoderPool {
  const free: BatchEncoder[] = [];
  return {
    take: () => free.pop() ?? new BatchEncoder(),
    give(encoder) {
      encoder.reset();
      if (free.length < MOST_KEPT) free.push(encoder);
    },
  };
}
