/** Longest answer that is believed: a length beyond it is the beginning of something that is not Kafka's. */
const LONGEST_BYTES = 512 * 1024 * 1024;
/** Answers of which less is missing come through here; more of them goes straight to where it stays. */
const SCRATCH_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;

/** Cuts what a connection brings into answers. */
export interface Frames {
  /** Where the next bytes are to be put. */
  room(): Uint8Array;
  /**
   * So many bytes were put there.
   * @throws {Error} where the length of an answer cannot be one.
   */
  took(count: number): void;
}

/** `onFrame` gets every answer whole, with the four bytes of its length in front, in a buffer of its own. */
export function createFrames(onFrame: (frame: Buffer) => void): Frames {
  const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  const length = Buffer.allocUnsafeSlow(LENGTH_BYTES);
  let known = 0;
  let frame: Buffer | null = null;
  let filled = 0;
  let isDirect = false;
  const begin = (): Buffer => {
    const bytes = length.readInt32BE(0);
    if (bytes < 0 || bytes > LONGEST_BYTES) throw new Error(`an answer of ${bytes} bytes: this is not Kafka`);
    const begun = Buffer.allocUnsafe(LENGTH_BYTES + bytes);
    length.copy(begun);
    known = 0;
    filled = LENGTH_BYTES;
    return begun;
  };
  const finishIfWhole = (given: Buffer): void => {
    if (filled < given.length) return;
    frame = null;
    onFrame(given);
  };
  const takeScratch = (count: number): void => {
    for (let at = 0; at < count;) {
      if (frame === null) {
        while (known < LENGTH_BYTES && at < count) length[known++] = scratch[at++]!; // at < count
        if (known < LENGTH_BYTES) return;
        frame = begin();
      }
      const part = Math.min(frame.length - filled, count - at);
      scratch.copy(frame, filled, at, at + part);
      at += part;
      filled += part;
      finishIfWhole(frame);
    }
  };
  return {
    room: () => {
      isDirect = frame !== null && frame.length - filled >= SCRATCH_BYTES;
      return isDirect && frame !== null ? frame.subarray(filled) : scratch;
    },
    took: (count) => {
      if (!isDirect || frame === null) return takeScratch(count);
      filled += count;
      finishIfWhole(frame);
    },
  };
}
