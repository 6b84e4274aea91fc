/**
 * The LZ4 frame (LZ4 frame format 1.6) of a batch whose records are stored, not compressed: one block, which is the bytes as they
 * are. A broker checks a plain batch by reading each record, header by header; of a batch with a codec it looks at sizes and offsets
 * alone, and this one costs it no decompression.
 */

/** The frame's magic; version 1, independent blocks, no checksums, no size; blocks of 4 MiB at most; checksum of these two bytes. */
const HEAD = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
/** In the length of a block: it is stored. */
const STORED = 0x8000_0000;
/** Instead of the length of another block. */
const END = 0;

export const FRAME_HEAD_BYTES = HEAD.length + 4;
export const FRAME_END_BYTES = 4;

/** Puts the frame around `bytes[from, to)`: there must be room for its head before and for its end behind. */
export function writeStoredFrame(bytes: Buffer, from: number, to: number): void {
  bytes.set(HEAD, from - FRAME_HEAD_BYTES);
  bytes.writeUInt32LE(STORED + (to - from), from - 4);
  bytes.writeUInt32LE(END, to);
}

/** Where the stored bytes of the frame `bytes[from, to)` are; null: it is another frame, and has to be decompressed. */
export function storedBytes(bytes: Buffer, from: number, to: number): { readonly at: number; readonly end: number } | null {
  const at = from + FRAME_HEAD_BYTES;
  const end = to - FRAME_END_BYTES;
  if (end < at || HEAD.compare(bytes, from, from + HEAD.length) !== 0) return null;
  if (bytes.readUInt32LE(at - 4) !== STORED + (end - at) || bytes.readUInt32LE(end) !== END) return null;
  return { at, end };
}
