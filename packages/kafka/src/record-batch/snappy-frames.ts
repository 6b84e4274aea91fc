/** No batch of a topic inflates to more than this; more is an attack or damage. */
export const MAX_INFLATED_BYTES = 256 * 1024 * 1024;

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Java clients write xerial's frames (magic, two versions, then blocks with their length), others one bare block. */
export function unframeSnappy(compressed: Buffer, uncompress: (block: Buffer) => Uint8Array): Uint8Array {
  if (!compressed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return uncompress(compressed);
  const blocks: Uint8Array[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < compressed.length;) {
    const length = compressed.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > compressed.length) throw new RangeError("a snappy block is cut off");
    blocks.push(uncompress(compressed.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}
