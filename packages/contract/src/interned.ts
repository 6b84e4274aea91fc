const FIRST_SLOTS = 64;
const MAX_ENTRIES = 8192;
const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * Texts by their bytes, kept over batches so that a text that comes back costs no string: entry -> text and whether it
 * passes the field's checks, and for the batch that is being read entry -> code. Forgets everything at the start of a batch
 * once it has grown past its bounds.
 */
export interface Interned {
  /** The checks of the field; set before the first text. */
  accepts: (text: string) => boolean;
  count: number;
  /** Hash slot -> entry + 1; the number of slots is a power of two. */
  slots: Int32Array;
  hashes: Int32Array;
  starts: Int32Array;
  lengths: Int32Array;
  /** 1 where the text passes `accepts`. */
  passes: Uint8Array;
  codes: Int32Array;
  texts: string[];
  arena: Uint8Array;
  arenaUsed: number;
  /** Of the batch that is being read. */
  dictionary: string[];
  coded: number[];
}

export function createInterned(accepts: (text: string) => boolean): Interned {
  return { accepts, dictionary: [], coded: [], ...emptyTable() };
}

function emptyTable(): Omit<Interned, "accepts" | "dictionary" | "coded"> {
  const half = FIRST_SLOTS / 2;
  return {
    count: 0,
    arenaUsed: 0,
    texts: [],
    slots: new Int32Array(FIRST_SLOTS),
    hashes: new Int32Array(half),
    starts: new Int32Array(half),
    lengths: new Int32Array(half),
    passes: new Uint8Array(half),
    codes: new Int32Array(half).fill(-1),
    arena: new Uint8Array(1024),
  };
}

/** The next batch starts with an empty dictionary. */
export function beginInterned(interned: Interned): void {
  for (const entry of interned.coded) interned.codes[entry] = -1;
  if (interned.count > MAX_ENTRIES || interned.arenaUsed > MAX_TEXT_BYTES) Object.assign(interned, emptyTable());
  interned.dictionary = [];
  interned.coded = [];
}

/** FNV-1a over the bytes; the scanner computes the same while it looks for the closing quote. */
export const HASH_START = -2128831035;
export const HASH_PRIME = 16777619;

export function hashOf(bytes: Uint8Array, at: number, length: number): number {
  let hash = HASH_START;
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ bytes[i]!, HASH_PRIME); // within the range
  return hash;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The entry of the text, made if it is new. The bytes are valid UTF-8. */
export function entryOf(interned: Interned, bytes: Uint8Array, at: number, length: number, hash: number): number {
  const mask = interned.slots.length - 1;
  let slot = (hash ^ (hash >>> 15)) & mask;
  for (let found = interned.slots[slot]!; found !== 0; found = interned.slots[slot]!) {
    // slot <= mask
    const entry = found - 1;
    if (interned.hashes[entry] === hash && interned.lengths[entry] === length && sameBytes(interned, entry, bytes, at)) return entry;
    slot = (slot + 1) & mask;
  }
  return addEntry(interned, bytes, at, length, hash);
}

/** The code that the entry has in the batch's dictionary. */
export function codeOf(interned: Interned, entry: number): number {
  const known = interned.codes[entry]!; // an entry
  if (known >= 0) return known;
  const code = interned.dictionary.length;
  interned.dictionary.push(interned.texts[entry]!); // an entry
  interned.coded.push(entry);
  interned.codes[entry] = code;
  return code;
}

function sameBytes(interned: Interned, entry: number, bytes: Uint8Array, at: number): boolean {
  const arena = interned.arena;
  const start = interned.starts[entry]!; // an entry, as the next line
  const length = interned.lengths[entry]!;
  for (let i = 0; i < length; i++) if (arena[start + i] !== bytes[at + i]) return false;
  return true;
}

function addEntry(interned: Interned, bytes: Uint8Array, at: number, length: number, hash: number): number {
  if (interned.count === interned.hashes.length) growTable(interned);
  if (interned.arenaUsed + length > interned.arena.length) growArena(interned, length);
  const entry = interned.count++;
  const part = bytes.subarray(at, at + length);
  const text = decoder.decode(part);
  interned.arena.set(part, interned.arenaUsed);
  interned.starts[entry] = interned.arenaUsed;
  interned.arenaUsed += length;
  interned.lengths[entry] = length;
  interned.hashes[entry] = hash;
  interned.passes[entry] = interned.accepts(text) ? 1 : 0;
  interned.codes[entry] = -1;
  interned.texts.push(text);
  insertSlot(interned.slots, hash, entry);
  return entry;
}

function insertSlot(slots: Int32Array, hash: number, entry: number): void {
  const mask = slots.length - 1;
  let slot = (hash ^ (hash >>> 15)) & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = entry + 1;
}

function growTable(interned: Interned): void {
  const size = interned.count * 2;
  const grown = (from: Int32Array): Int32Array => {
    const to = new Int32Array(size);
    to.set(from);
    return to;
  };
  interned.hashes = grown(interned.hashes);
  interned.starts = grown(interned.starts);
  interned.lengths = grown(interned.lengths);
  interned.codes = grown(interned.codes);
  const passes = new Uint8Array(size);
  passes.set(interned.passes);
  interned.passes = passes;
  interned.slots = new Int32Array(size * 2);
  for (let entry = 0; entry < interned.count; entry++) insertSlot(interned.slots, interned.hashes[entry]!, entry); // an entry
}

function growArena(interned: Interned, length: number): void {
  const arena = new Uint8Array((interned.arenaUsed + length) * 2);
  arena.set(interned.arena);
  interned.arena = arena;
}
