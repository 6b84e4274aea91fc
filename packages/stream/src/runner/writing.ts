import { createDeadLetterWriter, type DeadLetterWriter, type Payload, type Place } from "@weir/deadletter";
import {
  addedHeaders,
  batchOf,
  createHeaderWriter,
  idAt,
  MAX_RECORD_BYTES,
  NOTHING_ADDED,
  ownHeaders,
  selectRows,
  textBytes,
  type Batch,
  type Failure,
  type Header,
  type HeaderWriter,
  type Lane,
} from "@weir/record";
import type { Transaction } from "../log.ts";
import type { SystemRecord } from "../stage.ts";
import { WAITING_HEADER } from "../sequenced/waiting-rows.ts";
import { writtenView, type Link, type Outcome } from "./chain.ts";

export interface Writing {
  readonly links: readonly Link[];
  readonly verdictsTopic: string;
  /** Write only `weir.id` of what Weir adds. */
  readonly minimalHeaders: boolean;
  readonly keepTimestamps: boolean;
  /** One for every link: builds the headers of what the stage refused. */
  readonly deadLetters: readonly DeadLetterWriter[];
  /** One for every link: which bytes its dead letters hold. */
  readonly payloads: readonly Payload[];
  readonly entryTopic: string | null;
  readonly now: () => number;
}

export interface WritingOptions {
  readonly links: readonly Link[];
  readonly group: string;
  /** Does the first link read the entry topic? */
  readonly entry: boolean;
  readonly entryTopic: string | null;
  /** Version of Weir. */
  readonly code?: string;
  readonly verdictsTopic: string;
  readonly minimalHeaders: boolean;
  readonly keepTimestamps: boolean;
  readonly hash: (data: string | Uint8Array) => string;
  readonly now: () => number;
}

export function createWriting(options: WritingOptions): Writing {
  const { links, group, entry, hash, code, ...rest } = options;
  return {
    ...rest,
    links,
    deadLetters: links.map(({ stage }) => {
      const { spec, contract, owner } = stage.describe();
      const facts = {
        stage: stage.id,
        group,
        spec,
        owner,
        ...(contract !== undefined && { contract }),
        ...(code !== undefined && { code }),
      };
      return createDeadLetterWriter(facts, hash);
    }),
    payloads: links.map((_, i) => (entry && i === 0 ? "source" : "stage-input")),
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes what one stage decided: every port to its topic, refused records with their reason, copies, verdicts. */
export function writeOutcome(transaction: Transaction, outcome: Outcome, writing: Writing): void {
  const link = writing.links[outcome.link]!; // an outcome of this chain
  const { decided, byPort } = outcome;
  let view: Batch | null = null; // one for all ports; a stage that only refuses needs none
  link.stage.ports.forEach((port, number) => {
    const topic = link.outputs.get(port.name)?.topic ?? null;
    const positions = byPort[number]!; // parallel to the ports
    if (topic === null || positions.length === 0) return;
    const target = { topic, partition: decided.batch.partition };
    if (port.kind !== "data") writeRefused(transaction, target, outcome, positions, writing);
    else writeRecords(transaction, target, (view ??= writtenView(decided)), positions, writing);
  });
  for (const copy of decided.copies ?? []) {
    writeRecords(
      transaction,
      { topic: copy.topic, partition: decided.batch.partition },
      (view ??= writtenView(decided)),
      copy.positions,
      writing,
    );
  }
  if (decided.verdicts) writeSystem(transaction, { topic: writing.verdictsTopic, partition: decided.batch.partition }, decided.verdicts);
}

/** Headers that are written where headers are minimal: a prediction that travels in one is the record's. */
const CONTENT: ReadonlySet<string> = new Set(["weir.id", "weir.prediction"]);

function writeRecords(transaction: Transaction, target: Lane, view: Batch, rows: Int32Array, writing: Writing): void {
  if (rows.length === 0) return;
  const minimal = writing.minimalHeaders
    ? { ...view, added: { ...view.added, headers: view.added.headers.filter((h) => CONTENT.has(h.name) || h.name === WAITING_HEADER) } }
    : view;
  transaction.write(target, minimal, rows.length === view.count ? null : rows, { keepTimestamps: writing.keepTimestamps });
}

/** Key and value stay where they are in the batch; only the headers are made, of all records behind one another. */
function writeRefused(transaction: Transaction, target: Lane, outcome: Outcome, positions: Int32Array, writing: Writing): void {
  const { decided } = outcome;
  const headers = createHeaderWriter(positions.length * USUAL_HEADERS_BYTES);
  const [headersAt, headersLength, headerCount] = [intsFor(positions), intsFor(positions), intsFor(positions)];
  const tooLarge: TooLarge[] = [];
  positions.forEach((position, i) => {
    const failure = decided.failures?.get(position);
    if (!failure) throw new Error(`stage ${writing.links[outcome.link]!.stage.id} refused a record without a reason`); // an outcome of this chain
    const count = headers.count();
    headersAt[i] = headers.size();
    const kept = refuse(outcome, position, failure, { writing, headers });
    headersLength[i] = headers.size() - headersAt[i];
    headerCount[i] = headers.count() - count;
    if (failure.class === "TOO_LARGE") tooLarge.push({ row: i, keepsKey: kept });
  });
  const rows = positions.map((position) => decided.rows[position]!); // positions of the decision
  const selected = selectRows({ ...decided.batch, added: { ...NOTHING_ADDED, tails: decided.batch.added.tails } }, rows);
  const refused = { ...withoutValues(selected, tooLarge), headerBytes: headers.bytes(), headersAt, headersLength, headerCount };
  transaction.write(target, refused, null, { keepTimestamps: writing.keepTimestamps });
}

const USUAL_HEADERS_BYTES = 1024;
const intsFor = (positions: Int32Array): Int32Array => new Int32Array(positions.length);

/** A record that fits nowhere goes without its value, and without its key where that is what is too large. */
interface TooLarge {
  readonly row: number;
  readonly keepsKey: boolean;
}

function withoutValues(batch: Batch, tooLarge: readonly TooLarge[]): Batch {
  if (tooLarge.length === 0) return batch;
  const valueLength = batch.valueLength.slice();
  const keyLength = batch.keyLength.slice();
  for (const { row, keepsKey } of tooLarge) {
    valueLength[row] = -1;
    if (!keepsKey) keyLength[row] = -1;
  }
  return { ...batch, valueLength, keyLength };
}

interface Refusing {
  readonly writing: Writing;
  /** Where the record's headers are written to. */
  readonly headers: HeaderWriter;
}

/** Writes the headers of one refused record. False where its own headers and its key are left out, because they fit nowhere. */
function refuse(outcome: Outcome, i: number, failure: Failure, { writing, headers }: Refusing): boolean {
  const { batch, rows, headers: columns = [] } = outcome.decided;
  const row = rows[i]!; // i is a position of the decision
  const now: Header[] = [];
  for (const h of columns) if (h.length[i]! >= 0) now.push({ key: h.name, value: h.bytes.subarray(h.at[i]!, h.at[i]! + h.length[i]!) }); // parallel to rows
  const own = ownHeaders(batch, row);
  const added = addedHeaders(batch, row);
  const kept = writing.minimalHeaders ? [...own, ...added.filter((h) => CONTENT.has(h.key))] : [...own, ...added, ...now];
  const hop = { topic: batch.topic, partition: batch.partition, offset: batch.offset[row]!, timestamp: batch.timestamp[row]! }; // row < count
  const id = decoder.decode(idAt(batch, row) ?? textBytes(`${hop.topic}-${hop.partition}-${hop.offset}`));
  const none = failure.class === "TOO_LARGE";
  const payload = none ? "none" : writing.payloads[outcome.link]!; // an outcome of this chain
  const origin = originOf(id, writing.entryTopic);
  const place = outcome.decided.places?.get(i);
  const fits = !none || Math.max(batch.keyLength[row]!, 0) + bytesOf(kept) <= MAX_RECORD_BYTES; // row < count
  const refused = {
    headers: fits ? kept : [],
    id,
    hop,
    payload,
    failedAt: writing.now(),
    ...(outcome.deliveries !== undefined && { deliveryCount: outcome.deliveries }),
    ...(origin && { origin }),
    ...(place !== undefined && { place }),
  } as const;
  writing.deadLetters[outcome.link]!(failure, refused, headers); // as above
  return fits;
}

function bytesOf(headers: readonly Header[]): number {
  return headers.reduce((bytes, { key, value }) => bytes + encoder.encode(key).length + (value?.length ?? 0), 0);
}

/** Stages behind the entry do not see where a record came in, but an id that Weir made says it. */
function originOf(id: string, entryTopic: string | null): Place | null {
  if (entryTopic === null || !id.startsWith(`${entryTopic}-`)) return null;
  const place = /^(\d{1,10})-(\d{1,16})$/.exec(id.slice(entryTopic.length + 1));
  return place && { topic: entryTopic, partition: Number(place[1]), offset: Number(place[2]), timestamp: -1 };
}

export function writeSystem(transaction: Transaction, target: Lane, records: readonly SystemRecord[]): void {
  if (records.length === 0) return;
  transaction.write(
    target,
    batchOf(
      target,
      records.map(({ key, value }) => ({ key: encoder.encode(key), value: value === null ? null : encoder.encode(value) })),
    ),
  );
}
