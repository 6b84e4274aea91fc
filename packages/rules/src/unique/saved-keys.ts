import type { KeyEntries, KeyMemory } from "./key-memory.ts";

/** A record of a compacted topic; null deletes the key. */
export interface SavedChange {
  readonly key: string;
  readonly value: string | null;
}

/** Entries from number `first` to before `end`, one value of the state. */
interface Chunk {
  readonly first: number;
  readonly end: number;
}

/** A chunk is written anew while it has fewer entries: so many small transactions leave few values in the state. */
const OPEN_ENTRIES = 128;
const MAX_ENTRIES = 4096;
const MAX_CHARACTERS = 256 * 1024;

/**
 * Keeps a state in step with a memory. Written are the entries below the committed position only, because all later
 * records are read again after a restart: so the memory comes back as it was before the record at that position.
 */
export interface SavedKeys {
  /** What to write with the transaction that commits the position. */
  changes(position: number): SavedChange[];
}

export interface RestoredKeys {
  /** Entries below the position, and the number of the first one. */
  readonly entries: KeyEntries;
  readonly first: number;
  readonly chunks: readonly Chunk[];
  /** Values that hold entries from the position on: somebody moved the position back. */
  readonly obsolete: readonly string[];
}

export interface SavedKeysOptions {
  /** Of the keys in the state. */
  readonly prefix: string;
  readonly memory: KeyMemory;
  readonly maxKeys: number;
  readonly restored: RestoredKeys;
}

export function createSavedKeys({ prefix, memory, maxKeys, restored }: SavedKeysOptions): SavedKeys {
  const chunks = [...restored.chunks];
  let obsolete = restored.obsolete;
  let end = chunks[chunks.length - 1]?.end ?? restored.first;
  /** The first entry that may have to be written (again). */
  const unwritten = (): number => {
    const last = chunks[chunks.length - 1];
    return last !== undefined && last.end - last.first < OPEN_ENTRIES ? last.first : end;
  };
  const append = (to: number): SavedChange[] => {
    const from = Math.max(unwritten(), to - maxKeys);
    while (chunks.length > 0 && chunks[chunks.length - 1]!.first >= from) chunks.pop(); // length > 0; written anew under the same key
    const cut = chunksOf(memory.slice(from, to), from);
    chunks.push(...cut.map(({ chunk }) => chunk));
    end = to;
    return cut.map(({ chunk, value }) => ({ key: chunkKey(prefix, chunk.first), value }));
  };
  return {
    changes: (position) => {
      const changes: SavedChange[] = obsolete.map((key) => ({ key, value: null }));
      obsolete = [];
      const to = memory.numberAt(position);
      if (to > end) changes.push(...append(to));
      for (let chunk = chunks[0]; chunk && chunk.end <= end - maxKeys; chunk = chunks[0]) {
        changes.push({ key: chunkKey(prefix, chunk.first), value: null });
        chunks.shift();
      }
      memory.forgetBelow(unwritten());
      return changes;
    },
  };
}

/** Entries of the state below the position `from`, whole as they were when it was committed. */
export function restoreKeys(state: ReadonlyMap<string, string>, prefix: string, from: number): RestoredKeys {
  const entries = { keys: [] as string[], offsets: [] as number[], times: [] as number[] };
  const chunks: Chunk[] = [];
  const obsolete: string[] = [];
  const saved = [...state.keys()].map((key) => ({ key, first: chunkFirst(prefix, key) })).filter((c) => c.first >= 0);
  for (const { key, first } of saved.sort((a, b) => a.first - b.first)) {
    const chunk: KeyEntries = JSON.parse(state.get(key)!); // one of its keys
    const offsets = summed(chunk.offsets);
    if (obsolete.length > 0 || offsets[offsets.length - 1]! >= from) obsolete.push(key); // chunks have entries
    else chunks.push({ first, end: first + offsets.length });
    const times = summed(chunk.times);
    chunk.keys.forEach((text, i) => {
      if (offsets[i]! >= from) return; // parallel, here and below
      entries.keys.push(text);
      entries.offsets.push(offsets[i]!);
      entries.times.push(times[i]!);
    });
  }
  return { entries, first: saved[0]?.first ?? 0, chunks, obsolete };
}

function chunkKey(prefix: string, first: number): string {
  return `${prefix}@${first}`;
}

/** -1 for keys of others. */
function chunkFirst(prefix: string, key: string): number {
  if (!key.startsWith(`${prefix}@`)) return -1;
  const digits = key.slice(prefix.length + 1);
  return /^\d+$/.test(digits) ? Number(digits) : -1;
}

function chunksOf(entries: KeyEntries, from: number): { chunk: Chunk; value: string }[] {
  const cut: { chunk: Chunk; value: string }[] = [];
  for (let first = 0; first < entries.keys.length;) {
    let end = first;
    for (let size = 0; end < entries.keys.length && end - first < MAX_ENTRIES && size < MAX_CHARACTERS; end++)
      size += entries.keys[end]!.length; // end < length
    const value = {
      v: 1,
      keys: entries.keys.slice(first, end),
      offsets: steps(entries.offsets, first, end),
      times: steps(entries.times, first, end),
    };
    cut.push({ chunk: { first: from + first, end: from + end }, value: JSON.stringify(value) });
    first = end;
  }
  return cut;
}

/** Numbers as differences to the one before. */
function steps(numbers: readonly number[], first: number, end: number): number[] {
  return numbers.slice(first, end).map((n, i) => (i === 0 ? n : n - numbers[first + i - 1]!)); // within the slice
}

function summed(differences: readonly number[]): number[] {
  let sum = 0;
  return differences.map((d) => (sum += d));
}
