/** Chooses records by a hash of their id: the same ones after a restart, in both deployment shapes and in any partition. */
export type Sampler = (bytes: Uint8Array, at: number, length: number) => boolean;

const RANGE = 2 ** 32;

/** `share` from 0 to 1 of all ids; routers with different salts choose independently of each other. */
export function createSampler(share: number, salt: string): Sampler {
  const limit = Math.round(share * RANGE);
  const text = new TextEncoder().encode(`${salt}\0`);
  const start = fnv1a(FNV_OFFSET, text, 0, text.length);
  return (bytes, at, length) => mixed(fnv1a(start, bytes, at, length)) < limit;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, 32 bits. */
function fnv1a(start: number, bytes: Uint8Array, at: number, length: number): number {
  let hash = start;
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME); // the caller's range lies within the bytes
  return hash;
}

/** The last step of murmur3: without it ids that differ in their last digit only would share the high bits. */
function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
