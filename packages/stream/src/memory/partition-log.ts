import { type Batch, batchOf, type Lane, type PlainRecord } from "@weir/record";

/** Whose transaction an entry belongs to: one object for each transaction. */
export interface Fate {
  state: "open" | "committed" | "aborted";
}

/** The entries of one partition; a marker takes an offset and holds no record. */
interface Entry {
  readonly record: PlainRecord | null;
  readonly fate: Fate;
  readonly size: number;
}

export interface PartitionLog {
  /** First offset there is. */
  readonly start: number;
  /** The offset that the next entry gets. */
  readonly end: number;
  /** Everything below is committed or aborted. */
  stable(): number;
  append(record: Omit<PlainRecord, "offset">, fate: Fate): void;
  /** The end of a transaction that wrote here. */
  mark(fate: Fate): void;
  /** Takes away what lies below, as retention does. */
  deleteBelow(offset: number): void;
  /** Records of one batch from there on, below `before`; null where there is nothing to look at. At least one record, whatever its size. */
  read(from: number, committed: boolean, maxBytes: number, before?: number): Batch | null;
}

/** What a record costs beyond key, value and headers. */
const OVERHEAD_BYTES = 16;

export function createPartitionLog(lane: Lane): PartitionLog {
  const entries: Entry[] = [];
  let start = 0;
  const at = (offset: number): Entry => entries[offset - start]!; // callers stay within start..end
  const end = (): number => start + entries.length;
  let settled = 0;
  /** Goes on where it stopped: what is decided stays decided. */
  const stable = (): number => {
    settled = Math.max(settled, start);
    while (settled < end() && at(settled).fate.state !== "open") settled++;
    return settled;
  };
  return {
    get start() {
      return start;
    },
    get end() {
      return end();
    },
    stable,
    append(record, fate) {
      entries.push({ record: { ...record, offset: end() }, fate, size: sizeOf(record) });
    },
    mark(fate) {
      entries.push({ record: null, fate, size: 0 });
    },
    deleteBelow(offset) {
      entries.splice(0, Math.max(0, Math.min(offset, end()) - start));
      start = Math.max(start, offset);
    },
    read(from, committed, maxBytes, before = Infinity) {
      const until = Math.min(before, committed ? stable() : end());
      if (from >= until) return null;
      const records: PlainRecord[] = [];
      let next = from;
      for (let bytes = 0; next < until; next++) {
        const { record, fate, size } = at(next);
        if (record === null || (committed && fate.state === "aborted")) continue;
        if (records.length > 0 && bytes + size > maxBytes) break;
        bytes += size;
        records.push(record);
      }
      return { ...batchOf(lane, records), nextOffset: next };
    },
  };
}

export function sizeOf(record: Omit<PlainRecord, "offset">): number {
  let size = OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const header of record.headers) size += header.key.length + (header.value?.length ?? 0);
  return size;
}
