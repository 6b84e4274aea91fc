import {
  createHeaderWriter,
  headerBlock,
  laneKey,
  readHeaders,
  textBytes,
  type Failure,
  type Header,
  type HeaderBlock,
  type HeaderWriter,
} from "@weir/record";
import { cutList, cutText } from "./cut.ts";
import { fingerprintOf, normaliseMessage, type Sha256 } from "./fingerprint.ts";
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

/** Writes all headers of the dead letter (or quarantined record): the original ones, then ours, once. */
export type DeadLetterWriter = (failure: Failure, record: FailedRecord, to: HeaderWriter) => void;

export const MAX_MESSAGE_BYTES = 512;
/** Ours together, names included. */
export const MAX_HEADERS_BYTES = 4096;
/** So that all of ours, each at its longest, stay under the limit together. */
const MAX_NAME_BYTES = 160;
const MAX_RULES_BYTES = 960;
const MAX_TOPIC_BYTES = 249;

/** What dead letters of one failure have in common, encoded. */
interface Constant {
  /** And the version of our headers. */
  readonly message: HeaderBlock;
  /** From class to owner. */
  readonly cause: HeaderBlock;
  readonly fingerprint: HeaderBlock;
}

/** Different failures whose headers are kept: the same rule or keyword says the same of record after record. */
const MAX_KEPT = 256;

/** Encodes what is the same for all records of one failure once: a whole window is quarantined with one. */
export function createDeadLetterWriter(facts: StageFacts, sha256: Sha256): DeadLetterWriter {
  const constantOf = createConstants(facts, sha256);
  const places = createKept<HeaderBlock>();
  const placeOf = (hop: Place): HeaderBlock =>
    places(laneKey(hop), () =>
      headerBlock([{ key: NAMES.topic, value: cutText(hop.topic, MAX_TOPIC_BYTES) }, name(NAMES.partition, String(hop.partition))]),
    );
  const deliveries = keeping((count) => headerBlock([name(NAMES.group, facts.group), name(NAMES.deliveryCount, count)]));
  const instant = createInstants();
  return (failure, record, to) => {
    const { message, cause, fingerprint } = constantOf(failure);
    const failedAt = instant(record.failedAt);
    for (const { key, value } of record.headers) if (!isDeadLetterHeader(key)) to.put(key, value);
    to.putBlock(placeOf(record.hop));
    to.putText(NAMES.offset, String(record.hop.offset));
    to.putBlock(deliveries(String(record.deliveryCount ?? 1)));
    to.putBlock(message);
    to.putText(NAMES.id, deadLetterId(sha256, facts.stage, record.id));
    to.putBlock(cause);
    to.putBlock(PAYLOADS[record.payload ?? "source"]);
    putOrigin(record, to);
    to.put(NAMES.firstFailedAt, firstFailedAt(record) ?? failedAt);
    to.put(NAMES.failedAt, failedAt);
    to.putBlock(fingerprint);
    if (record.place !== undefined) putCut(to, NAMES.place, record.place, MAX_NAME_BYTES);
  };
}

/** The failures of a window are one object, those of records alike: most have the same text, and some differ in their message alone. */
function createConstants(facts: StageFacts, sha256: Sha256): (failure: Failure) => Constant {
  const constants = createKept<Constant>();
  const alikes = keeping(normaliseMessage);
  const causes = createKept<HeaderBlock>();
  const fingerprints = createKept<HeaderBlock>();
  const make = (failure: Failure): Constant => {
    const { class: kind, message, rules = [], verdict, model, retriable } = failure;
    const alike = alikes(message);
    const print = (): string => fingerprintOf(sha256, kind, facts.stage, rules[0] ?? "", alike);
    return {
      message: headerBlock([{ key: NAMES.message, value: cutText(message, MAX_MESSAGE_BYTES) }, name(NAMES.version, "1")]),
      cause: causes(JSON.stringify([kind, rules, verdict, model, retriable]), () => headerBlock(causeOf(facts, failure))),
      fingerprint: fingerprints(`${kind}\n${rules[0] ?? ""}\n${alike}`, () => headerBlock([name(NAMES.fingerprint, print())])),
    };
  };
  let last: { readonly failure: Failure; readonly constant: Constant } | null = null;
  return (failure) => {
    if (last?.failure === failure) return last.constant;
    const { class: kind, message, rules, verdict, model, retriable } = failure;
    const constant = constants(JSON.stringify([message, kind, rules, verdict, model, retriable]), () => make(failure));
    last = { failure, constant };
    return constant;
  };
}

/** The same for a single record, not encoded. */
export function deadLetterHeaders(facts: StageFacts, failure: Failure, record: FailedRecord, sha256: Sha256): Header[] {
  const writer = createHeaderWriter();
  createDeadLetterWriter(facts, sha256)(failure, record, writer);
  return readHeaders(writer.bytes(), 0, writer.count());
}

/** The same dead letter has the same id in either deployment shape and when it is written again. */
export function deadLetterId(sha256: Sha256, stage: string, recordId: string): string {
  return sha256(`${stage}\n${recordId}`).slice(0, 32);
}

/** What was made for a text is kept for the next time, of a bounded number of texts. */
function createKept<T>(): (text: string, make: () => T) => T {
  const kept = new Map<string, T>();
  return (text, make) => {
    let found = kept.get(text);
    if (found === undefined) {
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(text, (found = make()));
    }
    return found;
  };
}

function keeping<T>(make: (text: string) => T): (text: string) => T {
  const kept = createKept<T>();
  return (text) => kept(text, () => make(text));
}

function causeOf(facts: StageFacts, failure: Failure): Header[] {
  const optional = (key: string, text: string | undefined): Header[] => (text === undefined ? [] : [name(key, text)]);
  const rules = failure.rules ?? [];
  return [
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
  ];
}

/** Immutable: what an earlier failure wrote stays, byte for byte. */
function putOrigin(record: FailedRecord, to: HeaderWriter): void {
  const earlier = record.headers.find((header) => header.key === NAMES.origin)?.value;
  if (earlier && parseOrigin(earlier) !== null) return to.put(NAMES.origin, earlier);
  const { topic, partition, offset, timestamp } = record.origin ?? record.hop;
  putCut(to, NAMES.origin, `${topic}/${partition}/${offset}/${timestamp}`, MAX_TOPIC_BYTES + 64);
}

/** As an earlier failure told it, null if none did. */
function firstFailedAt({ headers }: FailedRecord): Uint8Array | null {
  const earlier = headers.find((header) => header.key === NAMES.firstFailedAt)?.value;
  return earlier && earlier.length <= 32 && !Number.isNaN(Date.parse(decoder.decode(earlier))) ? earlier : null;
}

/** RFC 3339 of milliseconds since 1970; many records fail within one. */
function createInstants(): (ms: number) => Uint8Array {
  let last = NaN;
  let text = textBytes("");
  return (ms) => {
    if (ms !== last) text = textBytes(new Date(ms).toISOString());
    last = ms;
    return text;
  };
}

const decoder = new TextDecoder();
/** UTF-8 takes at most so many bytes for one unit of UTF-16. */
const MOST_BYTES_A_UNIT = 3;

function putCut(to: HeaderWriter, key: string, text: string, maxBytes: number): void {
  if (text.length * MOST_BYTES_A_UNIT <= maxBytes) to.putText(key, text);
  else to.put(key, cutText(text, maxBytes));
}

function name(key: string, text: string): Header & { readonly value: Uint8Array } {
  return { key, value: cutText(text, MAX_NAME_BYTES) };
}

const PAYLOADS: Readonly<Record<Payload, HeaderBlock>> = {
  source: headerBlock([name(NAMES.payload, "source")]),
  "stage-input": headerBlock([name(NAMES.payload, "stage-input")]),
  none: headerBlock([name(NAMES.payload, "none")]),
};
