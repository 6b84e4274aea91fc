import { FAILURE_CLASSES, headerText, type FailureClass, type Header } from "@weir/record";
import type { Payload, Place } from "./dead-letter.ts";
import { DEAD_LETTER_HEADERS as NAMES } from "./names.ts";
import { parseOrigin } from "./origin.ts";

/** What a dead letter or quarantined record tells of itself. Whatever it does not tell is null. */
export interface DeadLetterDescription {
  /** Who wrote it. */
  readonly family: "weir";
  readonly id: string;
  readonly class: FailureClass;
  readonly stage: string | null;
  readonly message: string;
  readonly retriable: boolean;
  readonly rules: readonly string[];
  readonly verdict: string | null;
  readonly spec: string | null;
  readonly contract: string | null;
  readonly model: string | null;
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
}

/** null for a record that is not a dead letter of ours. */
export function readDeadLetter(record: { readonly headers: readonly Header[] }): DeadLetterDescription | null {
  const text = (key: string): string | null => headerText(record.headers, key);
  const id = text(NAMES.id);
  const failureClass = parseClass(text(NAMES.class));
  if (text(NAMES.version) !== "1" || id === null || failureClass === null) return null;
  const origin = record.headers.find((header) => header.key === NAMES.origin)?.value;
  return {
    family: "weir",
    id,
    class: failureClass,
    stage: text(NAMES.stage),
    message: text(NAMES.message) ?? "",
    retriable: text(NAMES.retriable) === "true",
    rules: text(NAMES.rules)?.split(",") ?? [],
    verdict: text(NAMES.verdict),
    spec: text(NAMES.spec),
    contract: text(NAMES.contract),
    model: text(NAMES.model),
    owner: text(NAMES.owner),
    payload: parsePayload(text(NAMES.payload)),
    hop: readHop(text),
    group: text(NAMES.group),
    deliveryCount: parseWhole(text(NAMES.deliveryCount)),
    origin: origin ? parseOrigin(origin) : null,
    firstFailedAt: text(NAMES.firstFailedAt),
    failedAt: text(NAMES.failedAt),
    fingerprint: text(NAMES.fingerprint),
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
