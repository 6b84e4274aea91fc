import type { IncomingHttpHeaders } from "node:http";
import { itemsOfArray, membersOfJson, textOfJson, walkJson, type JsonRange } from "@weir/contract";
import type { Header } from "@weir/record";
import type { Problem } from "@weir/record";
import { refuse, RequestRefused } from "../problems.ts";
import { firstByte, itemOf, itemOfText, notJson, type Item, type RecordRules } from "./incoming.ts";
import { refuseEmpty, refuseNoRecords, refuseTooMany } from "./json.ts";

/**
 * CloudEvents 1.0 become records as the Kafka binding's binary mode has them: the value is the event's data, byte for byte
 * as it was sent, its attributes are headers `ce_…`, `partitionkey` is the key.
 */
const REQUIRED = ["specversion", "id", "source", "type"];
const ATTRIBUTE = /^[a-z0-9]{1,64}$/;
const JSON_TYPE = /^(?:application|text)\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
const encoder = new TextEncoder();

/** Is this a request in binary mode: attributes as HTTP headers, the body as data? */
export function isBinaryEvent(headers: IncomingHttpHeaders): boolean {
  return headers["ce-specversion"] !== undefined || (headers["ce-id"] !== undefined && headers["ce-type"] !== undefined);
}

export function binaryEvent(bytes: Uint8Array, headers: IncomingHttpHeaders, rules: RecordRules): readonly Item[] {
  refuseEmpty(bytes);
  const attributes = new Map<string, string>();
  for (const [name, value] of Object.entries(headers))
    if (name.startsWith("ce-") && typeof value === "string") attributes.set(name.slice(3), unescapePercent(value));
  if (headers["content-type"] !== undefined) attributes.set("datacontenttype", headers["content-type"]);
  const problem = attributeProblem(attributes);
  if (problem !== null) return refuse(400, problem);
  const item = withAttributes(itemOfText(bytes, rules), attributes);
  return item.refusal === undefined ? [item] : refuse(item.refusal.status, item.refusal.problem);
}

/** One event with its data inside. */
export function structuredEvent(bytes: Uint8Array, rules: RecordRules): readonly Item[] {
  const start = refuseEmpty(bytes);
  const event = walkJson(bytes, start, bytes.length, rules.limits.depth + 1);
  if (event.fault?.kind === "syntax") throw new RequestRefused(notJson(event.fault));
  const rest = firstByte(bytes, event.to);
  if (rest < bytes.length) throw new RequestRefused(notJson({ kind: "syntax", at: rest, message: "something follows the event" }));
  const item = eventItem(bytes, event, rules);
  return item.refusal === undefined ? [item] : refuse(item.refusal.status, item.refusal.problem);
}

export function batchedEvents(bytes: Uint8Array, rules: RecordRules, maxItems: number): readonly Item[] {
  const start = refuseEmpty(bytes);
  if (bytes[start] !== 91)
    return refuse(400, { code: "WEIR-3010", what: "a batch of CloudEvents is a JSON array", where: `byte ${start}` });
  const { items, fault, more } = itemsOfArray(bytes, start, bytes.length, { maxDepth: rules.limits.depth + 1, maxItems });
  if (more) refuseTooMany(maxItems);
  if (fault !== null) throw new RequestRefused(notJson(fault));
  refuseNoRecords(items.length);
  return items.map((event) => eventItem(bytes, event, rules));
}

function eventItem(bytes: Uint8Array, event: Parameters<typeof itemOf>[1], rules: RecordRules): Item {
  const whole = itemOf(bytes, event, { ...rules, limits: { ...rules.limits, record: Infinity } });
  if (whole.refusal !== undefined) return whole;
  const members = membersOfJson(bytes, event);
  const attributes = new Map<string, string>();
  for (const [name, range] of members) {
    if (name === "data" || name === "data_base64" || bytes[range.from] === 110) continue; // null: as if it were not there
    if (bytes[range.from] === 123 || bytes[range.from] === 91)
      return wrongEvent(`the attribute ${shown(name)} is neither text, number nor truth value`);
    attributes.set(name, textOfJson(bytes, range));
  }
  const problem = attributeProblem(attributes);
  if (problem !== null) return { refusal: { status: 422, problem } };
  return withAttributes(dataItem(bytes, members, attributes, rules), attributes);
}

/** The data of an event: JSON as it stands there, or what base64 stands for. */
function dataItem(
  bytes: Uint8Array,
  members: ReadonlyMap<string, JsonRange>,
  attributes: ReadonlyMap<string, string>,
  rules: RecordRules,
): Item {
  const type = attributes.get("datacontenttype") ?? "application/json";
  if (!JSON_TYPE.test(type)) return wrongEvent(`its data is ${shown(type)}, and records are JSON`);
  const packed = members.get("data_base64");
  const data = members.get("data");
  if (packed !== undefined && data !== undefined) return wrongEvent("it has both data and data_base64");
  if (packed !== undefined) return base64Item(textOfJson(bytes, packed), rules);
  if (data === undefined) return wrongEvent("it has no data");
  return itemOf(bytes, walkJson(bytes, data.from, data.to, rules.limits.depth), rules);
}

function base64Item(text: string, rules: RecordRules): Item {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 === 1) return wrongEvent("its data_base64 is not base64");
  return itemOfText(Buffer.from(text, "base64"), rules);
}

function withAttributes(item: Item, attributes: ReadonlyMap<string, string>): Item {
  if (item.record === undefined) return item;
  const headers: Header[] = [...attributes].map(([name, value]) => ({
    key: name === "datacontenttype" ? "content-type" : `ce_${name}`,
    value: encoder.encode(value),
  }));
  const key = attributes.get("partitionkey");
  return { record: { ...item.record, headers: [...item.record.headers, ...headers], key: key === undefined ? null : encoder.encode(key) } };
}

function attributeProblem(attributes: ReadonlyMap<string, string>): Problem | null {
  const missing = REQUIRED.find((name) => (attributes.get(name) ?? "") === "");
  if (missing !== undefined) return eventProblem(`its attribute ${missing} is missing or empty`);
  const version = attributes.get("specversion") ?? "";
  if (version !== "1.0") return eventProblem(`its specversion is ${shown(version)}, and only 1.0 is known`);
  const odd = [...attributes.keys()].find((name) => !ATTRIBUTE.test(name));
  return odd === undefined ? null : eventProblem(`${shown(odd)} is no name of an attribute: those are lower-case letters and digits`);
}

function wrongEvent(why: string): Item {
  return { refusal: { status: 422, problem: eventProblem(why) } };
}

function eventProblem(why: string): Problem {
  return { code: "WEIR-3016", what: "the CloudEvent is not one", why, fix: "send what CloudEvents 1.0 asks for" };
}

/** Header values of the HTTP binding are percent-encoded where they are no printable ASCII. */
function unescapePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function shown(text: string): string {
  return `\`${text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 60)}\``;
}
