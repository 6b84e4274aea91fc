import { addedHeaders, batchOf, ownHeaders, recordAt, type Batch, type Failure, type Header, type Lane, type PlainRecord } from "@weir/record";
import { RecordTooLarge, type Transaction } from "../log.ts";
import type { SystemRecord } from "../stage.ts";
import { viewAt, viewOf, type Link, type Outcome } from "./chain.ts";

/** Builds the headers of a refused record: its own kept, ours replaced or appended. */
export type RefusalHeaders = (refused: Refused) => readonly Header[];

export interface Refused {
  readonly link: Link;
  readonly failure: Failure;
  /** As it came to the stage, with what Weir had added. */
  readonly headers: readonly Header[];
  readonly hop: { readonly topic: string; readonly partition: number; readonly offset: number; readonly timestamp: number };
  /** Is the value written with the record, or could it not be written anywhere? */
  readonly payload: "stage-input" | "none";
}

export interface Writing {
  readonly links: readonly Link[];
  readonly verdictsTopic: string;
  /** Write only `weir.id` of what Weir adds. */
  readonly minimalHeaders: boolean;
  readonly keepTimestamps: boolean;
  readonly refusalHeaders: RefusalHeaders;
}

const encoder = new TextEncoder();

/** Writes what one stage decided: every port to its topic, refused records with their reason, copies, verdicts. */
export function writeOutcome(transaction: Transaction, outcome: Outcome, writing: Writing): void {
  const link = writing.links[outcome.link]!; // an outcome of this chain
  const { decided } = outcome;
  link.stage.ports.forEach((port, number) => {
    const topic = link.outputs.get(port.name)?.topic ?? null;
    if (topic === null) return;
    const target = { topic, partition: decided.batch.partition };
    if (port.kind !== "data") writeRefused(transaction, target, outcome, number, writing);
    else writeRecords(transaction, target, viewOf(decided, number), link, writing);
  });
  for (const copy of decided.copies ?? []) {
    writeRecords(transaction, { topic: copy.topic, partition: decided.batch.partition }, viewAt(decided, copy.positions), link, writing);
  }
  if (decided.verdicts) writeSystem(transaction, { topic: writing.verdictsTopic, partition: decided.batch.partition }, decided.verdicts);
}

function writeRecords(transaction: Transaction, target: Lane, view: Batch, link: Link, writing: Writing): void {
  if (view.count === 0) return;
  const minimal = writing.minimalHeaders
    ? { ...view, added: { ...view.added, headers: view.added.headers.filter((h) => h.name === "weir.id") } }
    : view;
  transaction.write(target, minimal, null, { keepTimestamps: writing.keepTimestamps });
}

function writeRefused(transaction: Transaction, target: Lane, outcome: Outcome, port: number, writing: Writing): void {
  const { decided } = outcome;
  const records: PlainRecord[] = [];
  for (let i = 0; i < decided.ports.length; i++) {
    if (decided.ports[i] !== port) continue;
    const failure = decided.failures?.get(i);
    if (!failure) throw new Error(`stage ${writing.links[outcome.link]!.stage.id} refused a record without a reason`); // an outcome of this chain
    records.push(refusedRecord(outcome, i, failure, writing));
  }
  if (records.length > 0) transaction.write(target, batchOf(target, records), null, { keepTimestamps: writing.keepTimestamps });
}

function refusedRecord(outcome: Outcome, i: number, failure: Failure, writing: Writing): PlainRecord {
  const { batch, rows, headers = [] } = outcome.decided;
  const row = rows[i]!; // i is a position of the decision
  const record = recordAt(batch, row);
  const now: Header[] = [];
  for (const h of headers) if (h.length[i]! >= 0) now.push({ key: h.name, value: h.bytes.subarray(h.at[i]!, h.at[i]! + h.length[i]!) }); // parallel to rows
  const kept = writing.minimalHeaders ? [...ownHeaders(batch, row), ...addedHeaders(batch, row).filter((h) => h.key === "weir.id")] : [...record.headers, ...now];
  const hop = { topic: batch.topic, partition: batch.partition, offset: record.offset, timestamp: record.timestamp };
  return { ...record, headers: writing.refusalHeaders({ link: writing.links[outcome.link]!, failure, headers: kept, hop, payload: "stage-input" }) }; // an outcome of this chain
}

export function writeSystem(transaction: Transaction, target: Lane, records: readonly SystemRecord[]): void {
  if (records.length === 0) return;
  transaction.write(
    target,
    batchOf(target, records.map(({ key, value }) => ({ key: encoder.encode(key), value: value === null ? null : encoder.encode(value) }))),
  );
}
