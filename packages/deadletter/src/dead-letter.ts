import type { Failure, Header } from "@weir/record";
import { cutList, cutText } from "./cut.ts";
import { fingerprint, type Sha256 } from "./fingerprint.ts";
import { DEAD_LETTER_HEADERS as NAMES, isDeadLetterHeader } from "./names.ts";
import { parseOrigin } from "./origin.ts";

/** Which stage failed the record, with the versions it ran. */
export interface StageFacts {
  readonly stage: string;
  /** Consumer group. */
  readonly group: string;
  /** SHA-256 of the canonical pipeline, hex. */
  readonly spec: string;
  /** SHA-256 of the contract, hex. */
  readonly contract?: string;
  /** Version of Weir: what failed it may have been the code. */
  readonly code?: string;
  readonly owner: string;
}

/** A place in the log, with the record's timestamp in milliseconds since 1970. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
}

export interface FailedRecord {
  /** As they were in the log, before anything was decoded. */
  readonly headers: readonly Header[];
  /** `weir.id` */
  readonly id: string;
  /** Where the failing stage read it. */
  readonly hop: Place;
  /** Its very first entry, if that is known to be elsewhere; believed only where the headers tell none. */
  readonly origin?: Place;
  readonly payload?: Payload;
  /** How often it was given to the stage. */
  readonly deliveryCount?: number;
  /** Milliseconds since 1970 UTC. */
  readonly failedAt: number;
  /** In the order of its key, where the stage keeps it. */
  readonly place?: string;
}

/** Which bytes the dead letter holds: those of the entry record, those the failing stage was given, or none (too large). */
export type Payload = "source" | "stage-input" | "none";

/** All headers of the dead letter (or quarantined record): the original ones, then ours, once. */
export type DeadLetterWriter = (failure: Failure, record: FailedRecord) => Header[];

export const MAX_MESSAGE_BYTES = 512;
/** Ours together, names included. */
export const MAX_HEADERS_BYTES = 4096;
/** So that all of ours, each at its longest, stay under the limit together. */
const MAX_NAME_BYTES = 160;
const MAX_RULES_BYTES = 960;
const MAX_TOPIC_BYTES = 249;

interface Constant {
  readonly group: Header;
  readonly message: Header;
  /** From class to owner. */
  readonly cause: readonly Header[];
  readonly fingerprint: Header;
}

/** Different failures whose constant headers are kept: the same rule or keyword says the same of record after record. */
const MAX_KEPT = 256;

/** Builds the headers that are the same for all records of one failure once: a whole window is quarantined with one. */
export function createDeadLetterWriter(facts: StageFacts, sha256: Sha256): DeadLetterWriter {
  const byObject = new WeakMap<Failure, Constant>();
  const byContent = new Map<string, Constant>();
  const constantOf = (failure: Failure): Constant => {
    const content = JSON.stringify(failure);
    let constant = byContent.get(content);
    if (constant === undefined) {
      if (byContent.size >= MAX_KEPT) byContent.clear();
      byContent.set(content, (constant = constantHeaders(facts, failure, sha256)));
    }
    byObject.set(failure, constant);
    return constant;
  };
  return (failure, record) => assemble(byObject.get(failure) ?? constantOf(failure), facts.stage, record, sha256);
}

/** The same for a single record. */
export function deadLetterHeaders(facts: StageFacts, failure: Failure, record: FailedRecord, sha256: Sha256): Header[] {
  return assemble(constantHeaders(facts, failure, sha256), facts.stage, record, sha256);
}

/** The same dead letter has the same id in either deployment shape and when it is written again. */
export function deadLetterId(sha256: Sha256, stage: string, recordId: string): string {
  return sha256(`${stage}\n${recordId}`).slice(0, 32);
}

function constantHeaders(facts: StageFacts, failure: Failure, sha256: Sha256): Constant {
  const optional = (key: string, text: string | undefined): Header[] => (text === undefined ? [] : [name(key, text)]);
  const rules = failure.rules ?? [];
  return {
    group: name(NAMES.group, facts.group),
    message: { key: NAMES.message, value: cutText(failure.message, MAX_MESSAGE_BYTES) },
    cause: [
      name(NAMES.class, failure.class),
      name(NAMES.stage, facts.stage),
      name(NAMES.retriable, String(failure.retriable ?? false)),
      ...(rules.length === 0 ? [] : [{ key: NAMES.rules, value: cutList(rules, MAX_RULES_BYTES) }]),
      ...optional(NAMES.verdict, failure.verdict),
      name(NAMES.spec, facts.spec),
      ...optional(NAMES.contract, facts.contract),
      ...optional(NAMES.model, failure.model),
      ...optional(NAMES.code, facts.code),
      name(NAMES.owner, facts.owner),
    ],
    fingerprint: name(NAMES.fingerprint, fingerprint(sha256, failure.class, facts.stage, rules[0] ?? "", failure.message)),
  };
}

function assemble(constant: Constant, stage: string, record: FailedRecord, sha256: Sha256): Header[] {
  const kept = record.headers.filter((header) => !isDeadLetterHeader(header.key));
  const { hop } = record;
  const failedAt = new Date(record.failedAt).toISOString();
  return [
    ...kept,
    { key: NAMES.topic, value: cutText(hop.topic, MAX_TOPIC_BYTES) },
    name(NAMES.partition, String(hop.partition)),
    name(NAMES.offset, String(hop.offset)),
    constant.group,
    name(NAMES.deliveryCount, String(record.deliveryCount ?? 1)),
    constant.message,
    name(NAMES.version, "1"),
    name(NAMES.id, deadLetterId(sha256, stage, record.id)),
    ...constant.cause,
    name(NAMES.payload, record.payload ?? "source"),
    originHeader(record),
    firstFailedAtHeader(record, failedAt),
    name(NAMES.failedAt, failedAt),
    constant.fingerprint,
    ...(record.place === undefined ? [] : [name(NAMES.place, record.place)]),
  ];
}

/** Immutable: what an earlier failure wrote stays, byte for byte. */
function originHeader(record: FailedRecord): Header {
  const earlier = record.headers.find((header) => header.key === NAMES.origin);
  if (earlier?.value && parseOrigin(earlier.value) !== null) return earlier;
  const { topic, partition, offset, timestamp } = record.origin ?? record.hop;
  return { key: NAMES.origin, value: cutText(`${topic}/${partition}/${offset}/${timestamp}`, MAX_TOPIC_BYTES + 64) };
}

function firstFailedAtHeader(record: FailedRecord, failedAt: string): Header {
  const earlier = record.headers.find((header) => header.key === NAMES.firstFailedAt);
  const believed = earlier?.value && earlier.value.length <= 32 && !Number.isNaN(Date.parse(decoder.decode(earlier.value)));
  return earlier && believed ? earlier : name(NAMES.firstFailedAt, failedAt);
}

const decoder = new TextDecoder();

function name(key: string, text: string): Header {
  return { key, value: cutText(text, MAX_NAME_BYTES) };
}
