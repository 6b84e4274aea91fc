import { batchOf, partitionOf, RetriableError, WeirError, type Lane } from "@weir/record";
import { writeEndNote, type Clock, type Log, type Producer } from "@weir/stream";

export interface ProduceOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly topic: string;
  readonly lines: AsyncIterable<Uint8Array>;
  /** JSON pointer of the key; null: records without a key. */
  readonly key: string | null;
  /** JSON pointer of the record's id: places records without a key. */
  readonly id: string | null;
  /** Records a second; null: as fast as it goes. */
  readonly rate: number | null;
  /** Say on this topic that the input ends here; null: it may go on. */
  readonly endOn: string | null;
  readonly onProgress: (records: number) => void;
}

/** Records of one transaction at most; at a given rate also at most a twentieth of a second of them. */
const CHUNK_RECORDS = 4000;

/** Writes lines as records, in order per partition, in transactions: what it reports as written is there, once. */
export async function produce(options: ProduceOptions): Promise<Produced> {
  const written = { records: 0 };
  try {
    return await produceLines(options, written);
  } catch (error) {
    throw error instanceof RetriableError ? stopped(options.topic, written.records, error) : error;
  }
}

export interface Produced {
  readonly records: number;
  /** Records by partition. */
  readonly partitions: readonly number[];
}

/** `written` counts what is surely there, so that it can be told when the rest is not. */
async function produceLines(options: ProduceOptions, written: { records: number }): Promise<Produced> {
  const { log } = options;
  const { topic, rate } = options;
  const partitions = (await log.partitions([topic])).get(topic) ?? 0;
  await using producer = await log.producer({ transactionalId: `weir-produce-${process.pid}-${Date.now().toString(36)}`, rotate: 4 });
  const counts = Array.from({ length: partitions }, () => 0);
  const chunk = rate === null ? CHUNK_RECORDS : Math.max(1, Math.min(CHUNK_RECORDS, Math.ceil(rate / 20)));
  const startedAt = options.clock.monotonic();
  let records = 0;
  let previous: Promise<void> = Promise.resolve();
  for await (const lines of chunked(options.lines, chunk)) {
    const { perPartition, count } = place(lines, options, partitions, records);
    await previous;
    written.records = records;
    previous = write(producer, topic, perPartition);
    previous.catch(() => {}); // awaited below
    perPartition.forEach((list, p) => (counts[p] = (counts[p] ?? 0) + list.length));
    records += count;
    options.onProgress(records);
    if (rate !== null) await options.clock.sleep(Math.max(0, startedAt + (records / rate) * 1000 - options.clock.monotonic()));
  }
  await previous;
  if (options.endOn !== null) await writeEnds(log, producer, topic, partitions, options.endOn);
  return { records, partitions: counts };
}

type KeyedLine = { readonly key: Uint8Array | null; readonly value: Uint8Array };

async function write(producer: Producer, topic: string, perPartition: readonly (readonly KeyedLine[])[]): Promise<void> {
  const transaction = producer.begin();
  perPartition.forEach((list, partition) => {
    const lane = { topic, partition };
    if (list.length > 0) transaction.write(lane, batchOf(lane, list));
  });
  await transaction.commit(null);
}

async function writeEnds(log: Log, producer: Producer, topic: string, partitions: number, control: string): Promise<void> {
  const lanes: Lane[] = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const bounds = await log.bounds(lanes);
  const transaction = producer.begin();
  for (const lane of lanes) writeEndNote(transaction, control, lane, bounds.get(`${topic}/${lane.partition}`)?.end ?? 0);
  await transaction.commit(null);
}

/** By the key, else by the id, else by the number of the record. */
function place(
  lines: readonly Uint8Array[],
  { key, id }: ProduceOptions,
  partitions: number,
  from: number,
): { perPartition: KeyedLine[][]; count: number } {
  const perPartition: KeyedLine[][] = Array.from({ length: partitions }, () => []);
  lines.forEach((value, i) => {
    const keyBytes = key === null ? null : textAt(value, key);
    const placing = keyBytes ?? (id === null ? null : textAt(value, id));
    const partition = placing === null ? (from + i) % partitions : partitionOf(placing, partitions);
    perPartition[partition]?.push({ key: keyBytes, value });
  });
  return { perPartition, count: lines.length };
}

/** The value at a JSON pointer as text; null where the line is no JSON or has no such value: it is for the gate to judge it. */
function textAt(line: Uint8Array, pointer: string): Uint8Array | null {
  try {
    let at: unknown = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString());
    for (const part of pointer.split("/").slice(1)) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      at = typeof at === "object" && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
    }
    return at === undefined || at === null ? null : Buffer.from(typeof at === "string" ? at : JSON.stringify(at));
  } catch {
    return null;
  }
}

function stopped(topic: string, records: number, cause: RetriableError): WeirError {
  return new WeirError(
    {
      code: "WEIR-6008",
      what: `producing stopped after ${records} records`,
      where: `topic ${topic}`,
      why: cause.message,
      fix: `the first ${records} records are there; of the next ${2 * CHUNK_RECORDS} at most nobody knows. Look into the topic before producing again from there`,
    },
    { cause, exitCode: 4 },
  );
}

async function* chunked<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
