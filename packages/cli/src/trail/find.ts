import { laneKey, recordAt, type Batch, type Lane, type PlainRecord } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf } from "../read-topics.ts";

export interface Sighting extends Lane {
  readonly record: PlainRecord;
}

export interface FindOptions {
  readonly log: Log;
  readonly loaded: LoadedPipeline;
  readonly id: string;
  /** Look only at records that became visible since then, in milliseconds since 1970. */
  readonly since: number;
  /** Told now and then how many records were looked at. */
  readonly onProgress: (records: number) => void;
}

const WAIT_MS = 200;
const PROGRESS_RECORDS = 100_000;

/**
 * Everything that the pipeline's topics hold of one record, in the order of its way: the entry first, then stage after
 * stage. The partition is the same everywhere, so once the entry is found only that one is read.
 */
export async function findRecord(options: FindOptions): Promise<Sighting[]> {
  const { log, loaded, id } = options;
  const { topology } = loaded;
  const matches = createMatcher(loaded, id);
  const entry = await look(options, await lanesOf(log, [topology.entryTopic]), matches);
  const known = entry.length > 0 ? new Set(entry.map((s) => s.partition)) : null;
  const isThere = (topic: string): boolean => topology.topics.some(({ name }) => name === topic);
  const ports = topology.stages
    .filter((s) => s.type !== "ingest")
    .flatMap((s) => [...[topology.waiting(s.id)].filter(isThere), ...s.outputs.values()]);
  const topics = [...new Set([...ports, topology.dlq])].filter((topic) => topic !== topology.entryTopic);
  const lanes = (await lanesOf(log, topics)).filter((lane) => known === null || known.has(lane.partition));
  const later = await look(options, lanes, matches);
  const order = new Map(topics.map((topic, i) => [topic, i]));
  return [...entry, ...later.sort((a, b) => (order.get(a.topic) ?? 0) - (order.get(b.topic) ?? 0) || a.record.offset - b.record.offset)];
}

async function look({ log, since, onProgress }: FindOptions, lanes: readonly Lane[], matches: Matcher): Promise<Sighting[]> {
  const bounds = await log.bounds(lanes);
  const open = new Map(
    lanes.map((lane) => {
      const { earliest, latest } = bounds.get(laneKey(lane)) ?? { earliest: 0, latest: 0 };
      return [laneKey(lane), { ...lane, offset: earliest, end: latest }];
    }),
  );
  for (const [key, at] of open) if (at.offset >= at.end) open.delete(key);
  const found: Sighting[] = [];
  let seen = 0;
  await using fetcher = log.fetcher();
  while (open.size > 0) {
    const { batches } = await fetcher.fetch([...open.values()], WAIT_MS);
    for (const batch of batches) {
      const at = open.get(laneKey(batch));
      if (!at) continue;
      for (let row = 0; row < batch.count; row++) {
        if (batch.timestamp[row]! >= since && matches(batch, row)) {
          // row < count
          found.push({ topic: batch.topic, partition: batch.partition, record: recordAt(batch, row) });
        }
      }
      if (Math.floor((seen + batch.count) / PROGRESS_RECORDS) > Math.floor(seen / PROGRESS_RECORDS)) onProgress(seen + batch.count);
      seen += batch.count;
      at.offset = Math.max(at.offset, batch.nextOffset);
      if (at.offset >= at.end) open.delete(laneKey(batch));
    }
  }
  return found;
}

type Matcher = (batch: Batch, row: number) => boolean;

/** By the header `weir.id`; on the entry topic, where nothing is stamped yet, by what will be stamped. */
function createMatcher({ pipeline, topology }: LoadedPipeline, id: string): Matcher {
  const bytes = Buffer.from(id);
  const { id: from } = pipeline.record;
  const hasHeader = (batch: Batch, row: number, name: string): boolean => {
    const at = batch.headersAt[row]!; // row < count
    const block = Buffer.from(batch.headerBytes.buffer, batch.headerBytes.byteOffset + at, batch.headersLength[row]);
    if (!block.includes(bytes)) return false; // most records, without an object
    return recordAt(batch, row).headers.some((h) => h.key === name && h.value !== null && bytes.equals(h.value));
  };
  return (batch, row) => {
    if (hasHeader(batch, row, "weir.id")) return true;
    if (batch.topic !== topology.entryTopic) return false;
    if (`${batch.topic}-${batch.partition}-${batch.offset[row]}` === id) return true;
    if (from === null) return false;
    if (typeof from === "object") return hasHeader(batch, row, from.header);
    return valueHas(batch, row, from, bytes);
  };
}

function valueHas(batch: Batch, row: number, pointer: string, id: Buffer): boolean {
  const length = batch.valueLength[row]!; // row < count
  if (length < 0) return false;
  const value = Buffer.from(batch.bytes.buffer, batch.bytes.byteOffset + batch.valueAt[row]!, length); // as above
  if (!value.includes(id)) return false;
  try {
    let at: unknown = JSON.parse(value.toString());
    for (const part of pointer.split("/").slice(1)) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      at = typeof at === "object" && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined;
    }
    return typeof at === "string" ? id.equals(Buffer.from(at)) : typeof at === "number" && String(at) === id.toString();
  } catch {
    return false;
  }
}
