import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { laneKey, partitionOf, recordAt, RetriableError, type Batch } from "@weir/record";
import type { Clock, Log } from "@weir/stream";
import type { Note } from "./writer.ts";

/** What a request was answered, so that its repetition gets the same. */
export interface Receipt {
  /** SHA-256 of the body that it is about. */
  readonly request: string;
  readonly status: number;
  readonly body: string;
}

export interface Receipts extends AsyncDisposable {
  /** Of a request that was committed, here or by another process; null where none is known. */
  find(key: string): Promise<Receipt | null>;
  /** What is written beside the records of the request. */
  noteOf(key: string, receipt: Receipt): Note;
  /** The note was committed. */
  remember(key: string, receipt: Receipt): void;
  /** Resolves when everything is known that was committed before. */
  catchUp(): Promise<void>;
  readonly size: number;
}

export interface ReceiptsOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly topic: string;
  readonly partitions: number;
  readonly keepMs: number;
  readonly maxKeys: number;
}

interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly at: number;
}

const WAIT_MS = 500;
const BACKOFF_MS = 200;
/** Longer answers are packed: those of large batches repeat themselves. */
const PACKED_FROM = 2048;
const encoder = new TextEncoder();

/**
 * Follows the topic of receipts and knows where each one lies; the answers themselves are read when somebody asks. What
 * was committed a moment ago is kept until it has come back by the topic.
 */
export function openReceipts({ log, clock, topic, partitions, keepMs, maxKeys }: ReceiptsOptions): Receipts {
  const entries = new Map<string, Entry>();
  const recent = new Map<string, Receipt>();
  const positions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
  const fetcher = log.fetcher();
  const reader = log.fetcher({ maxBytes: 1, maxPartitionBytes: 1 });
  let stopped = false;
  const onMoved: (() => void)[] = [];

  const note = (batch: Batch): void => {
    for (let row = 0; row < batch.count; row++) {
      const { key, offset, timestamp } = recordAt(batch, row);
      if (key === null) continue;
      const name = shortOf(Buffer.from(key).toString());
      entries.delete(name); // so that the order is that of age
      entries.set(name, { partition: batch.partition, offset, at: timestamp });
      recent.delete(name);
    }
  };
  const forget = (): void => {
    const before = clock.now() - keepMs;
    for (const [name, { at }] of entries) {
      if (at >= before && entries.size <= maxKeys) return;
      entries.delete(name);
    }
  };
  const follow = async (): Promise<void> => {
    while (!stopped) {
      try {
        const { batches, failed } = await fetcher.fetch(positions, WAIT_MS);
        for (const batch of batches) {
          note(batch);
          positions[batch.partition]!.offset = batch.nextOffset; // we asked for this partition
        }
        for (const { lane, kind } of failed) if (kind === "out-of-range") await beginAgain(lane.partition);
        forget();
        if (failed.length > 0) await clock.sleep(BACKOFF_MS);
      } catch {
        await clock.sleep(BACKOFF_MS); // the writer meets the same fault and tells it
      }
      for (const moved of onMoved.splice(0)) moved();
    }
  };
  /** Old receipts were deleted behind our back: retention does that. */
  const beginAgain = async (partition: number): Promise<void> => {
    const bounds = (await log.bounds([{ topic, partition }])).get(laneKey({ topic, partition }));
    if (bounds) positions[partition]!.offset = bounds.earliest; // we asked for this partition
  };
  const following = follow();

  return {
    get size() {
      return entries.size + recent.size;
    },
    async find(key) {
      const name = shortOf(key);
      const known = recent.get(name);
      if (known) return known;
      const entry = entries.get(name);
      if (entry === undefined || entry.at < clock.now() - keepMs) return null;
      const { batches } = await reader.fetch([{ topic, partition: entry.partition, offset: entry.offset }], WAIT_MS);
      for (const batch of batches)
        for (let row = 0; row < batch.count; row++) if (batch.offset[row] === entry.offset) return parseReceipt(recordAt(batch, row).value);
      throw new RetriableError("RECEIPT_NOT_READ", `the receipt at ${topic}-${entry.partition}@${entry.offset} did not come`);
    },
    noteOf: (key, receipt) => ({
      lane: { topic, partition: partitionOf(encoder.encode(key), partitions) },
      key,
      value: receiptText(receipt),
    }),
    remember: (key, receipt) => void recent.set(shortOf(key), receipt),
    async catchUp() {
      const bounds = await log.bounds(positions);
      while (!stopped && positions.some((p) => p.offset < (bounds.get(laneKey(p))?.end ?? 0)))
        await new Promise<void>((moved) => onMoved.push(moved));
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await following;
      for (const moved of onMoved.splice(0)) moved();
      await fetcher[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
    },
  };
}

/** Half a SHA-256 stands for a key: keys may be long, and there are many. */
function shortOf(key: string): string {
  return createHash("sha256").update(key).digest("base64").slice(0, 22);
}

function receiptText({ request, status, body }: Receipt): string {
  const said = body.length < PACKED_FROM ? { body } : { gzip: gzipSync(body).toString("base64") };
  return JSON.stringify({ v: 1, request, status, ...said });
}

function parseReceipt(value: Uint8Array | null): Receipt | null {
  if (value === null) return null;
  const receipt: unknown = JSON.parse(Buffer.from(value).toString());
  if (typeof receipt !== "object" || receipt === null || !("request" in receipt) || !("status" in receipt)) return null;
  const { request, status } = receipt;
  const body =
    "body" in receipt ? receipt.body : "gzip" in receipt ? gunzipSync(Buffer.from(String(receipt.gzip), "base64")).toString() : "";
  return { request: String(request), status: Number(status), body: String(body) };
}
