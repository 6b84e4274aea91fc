import { FAILURE_CLASSES, headerText, type FailureClass, type Header } from "@weir/record";
import type { Payload, Place } from "./dead-letter.ts";
import { readForeign, type Family } from "./families.ts";
import { DEAD_LETTER_HEADERS as NAMES, REPLAY_HEADERS as REPLAY } from "./names.ts";
import { parseOrigin } from "./origin.ts";

/** What a dead letter or quarantined record tells of itself. Whatever it does not tell is null. */
export interface DeadLetterDescription {
  readonly family: Family;
  /** null for those of other projects. */
  readonly id: string | null;
  /** null where another project's headers do not tell. */
  readonly class: FailureClass | null;
  /** Stage of the pipeline, or what another project calls the place that failed: a connector, a subject. */
  readonly stage: string | null;
  readonly message: string;
  /** Name of the exception's class, from other projects. */
  readonly exception: string | null;
  readonly retriable: boolean;
  readonly rules: readonly string[];
  readonly verdict: string | null;
  readonly spec: string | null;
  readonly contract: string | null;
  readonly model: string | null;
  /** Version of Weir that failed it. */
  readonly code: string | null;
  readonly owner: string | null;
  readonly payload: Payload;
  /** Where the failing stage read it, latest failure. */
  readonly hop: { readonly topic: string; readonly partition: number; readonly offset: number } | null;
  readonly group: string | null;
  readonly deliveryCount: number | null;
  readonly origin: Place | null;
  /** RFC 3339 UTC */
  readonly firstFailedAt: string | null;
  readonly failedAt: string | null;
  readonly fingerprint: string | null;
  /** In the order of its key, where the stage keeps it: others wait behind it. */
  readonly place: string | null;
  /** What earlier replays wrote; null for a record that was never replayed. */
  readonly replay: ReplayMarks | null;
}

/** Headers of a replay, believed only where a replay can have written them. */
export interface ReplayMarks {
  /** The run. */
  readonly id: string;
  /** How often the record was replayed, from 1. */
  readonly count: number;
  /** Place of the dead letter that was replayed. */
  readonly parent: string | null;
  /** First 16 hex of the value's SHA-256 before and after the edit, `before..after`; null where it was not edited. */
  readonly edited: string | null;
}

/** What a dead letter says of itself, whoever of the known families wrote it; null for a record that is none. */
export function readDeadLetter(record: { readonly headers: readonly Header[] }): DeadLetterDescription | null {
  return readOwn(record.headers) ?? describeForeign(record.headers);
}

export function readReplayMarks(headers: readonly Header[]): ReplayMarks | null {
  const id = headerText(headers, REPLAY.id);
  const count = parseWhole(headerText(headers, REPLAY.count));
  if (id === null || count === null || count < 1) return null;
  return { id, count, parent: headerText(headers, REPLAY.parent), edited: headerText(headers, REPLAY.edited) };
}

function readOwn(headers: readonly Header[]): DeadLetterDescription | null {
  const text = (key: string): string | null => headerText(headers, key);
  const id = text(NAMES.id);
  const failureClass = parseClass(text(NAMES.class));
  if (text(NAMES.version) !== "1" || id === null || failureClass === null) return null;
  const origin = headers.find((header) => header.key === NAMES.origin)?.value;
  return {
    family: "weir",
    id,
    class: failureClass,
    stage: text(NAMES.stage),
    message: text(NAMES.message) ?? "",
    exception: null,
    retriable: text(NAMES.retriable) === "true",
    rules: text(NAMES.rules)?.split(",") ?? [],
    verdict: text(NAMES.verdict),
    spec: text(NAMES.spec),
    contract: text(NAMES.contract),
    model: text(NAMES.model),
    code: text(NAMES.code),
    owner: text(NAMES.owner),
    payload: parsePayload(text(NAMES.payload)),
    hop: readHop(text),
    group: text(NAMES.group),
    deliveryCount: parseWhole(text(NAMES.deliveryCount)),
    origin: origin ? parseOrigin(origin) : null,
    firstFailedAt: text(NAMES.firstFailedAt),
    failedAt: text(NAMES.failedAt),
    fingerprint: text(NAMES.fingerprint),
    place: text(NAMES.place),
    replay: readReplayMarks(headers),
  };
}

function describeForeign(headers: readonly Header[]): DeadLetterDescription | null {
  const told = readForeign(headers);
  if (told === null) return null;
  const { family, topic, partition, offset, timestamp, stage, message, exception, group, deliveryCount, rule } = told;
  const hop = topic === null || partition === null || offset === null ? null : { topic, partition, offset };
  return {
    family,
    id: null,
    class: told.class,
    stage,
    message: message ?? "",
    exception,
    retriable: false,
    rules: rule === null ? [] : [rule],
    verdict: null,
    spec: null,
    contract: null,
    model: null,
    code: null,
    owner: null,
    payload: "source",
    hop,
    group,
    deliveryCount,
    origin: hop === null ? null : { ...hop, timestamp: timestamp ?? -1 },
    firstFailedAt: null,
    failedAt: null,
    fingerprint: null,
    place: null,
    replay: readReplayMarks(headers),
  };
}

function readHop(text: (key: string) => string | null): DeadLetterDescription["hop"] {
  const topic = text(NAMES.topic);
  const partition = parseWhole(text(NAMES.partition));
  const offset = parseWhole(text(NAMES.offset));
  return topic === null || partition === null || offset === null ? null : { topic, partition, offset };
}

function parseClass(text: string | null): FailureClass | null {
  return FAILURE_CLASSES.find((known) => known === text) ?? null;
}

function parsePayload(text: string | null): Payload {
  return text === "stage-input" || text === "none" ? text : "source";
}

function parseWhole(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
