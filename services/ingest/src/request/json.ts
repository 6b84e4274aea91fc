import { itemsOfArray } from "@weir/contract";
import { refuse, RequestRefused } from "../problems.ts";
import { firstByte, itemOf, itemOfText, notJson, type Item, type RecordRules } from "./incoming.ts";

/** One object, or an array of them. The array must be whole; its records are judged one by one. */
export function jsonItems(bytes: Uint8Array, rules: RecordRules, maxItems: number): readonly Item[] {
  const start = refuseEmpty(bytes);
  if (bytes[start] !== 91) {
    const item = itemOfText(bytes, rules);
    return item.refusal === undefined ? [item] : refuse(item.refusal.status, item.refusal.problem);
  }
  const { items, fault, more } = itemsOfArray(bytes, start, bytes.length, { maxDepth: rules.limits.depth, maxItems });
  if (more) refuseTooMany(maxItems);
  if (fault !== null) throw new RequestRefused(notJson(fault));
  refuseNoRecords(items.length);
  return items.map((item) => itemOf(bytes, item, rules));
}

/** One object a line. Lines are judged one by one: what is wrong with one says nothing of the others. */
export function lineItems(bytes: Uint8Array, rules: RecordRules, maxItems: number): readonly Item[] {
  refuseEmpty(bytes);
  const items: Item[] = [];
  for (const line of linesOf(bytes)) {
    if (items.length === maxItems) refuseTooMany(maxItems);
    items.push(itemOfText(line, rules));
  }
  return items;
}

/** Lines that hold more than white space, without their line feed and a carriage return before it. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length;) {
    const feed = bytes.indexOf(10, from);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(from, end > from && bytes[end - 1] === 13 ? end - 1 : end);
    if (firstByte(line, 0) < line.length) yield line;
    from = end + 1;
  }
}

/** Gives the place of the first byte that says something. */
export function refuseEmpty(bytes: Uint8Array): number {
  const start = firstByte(bytes, 0);
  if (start < bytes.length) return start;
  return refuse(400, { code: "WEIR-3010", what: "the body is empty", fix: "send at least one record" });
}

export function refuseNoRecords(count: number): void {
  if (count === 0)
    refuse(400, { code: "WEIR-3010", what: "the body holds no record", why: "the array is empty", fix: "send at least one record" });
}

export function refuseTooMany(maxItems: number): never {
  return refuse(413, {
    code: "WEIR-3011",
    what: `the request has more than ${maxItems} records`,
    why: "they would become visible together, in one transaction (batchMax of the pipeline file)",
    fix: "split it, or send NDJSON without an Idempotency-Key, which is written in parts",
  });
}
