import type { HttpAnswer, HttpRequest } from "@weir/service";
import { bodyKindOf, encodingOf, type BodyKind } from "../request/media-type.ts";
import { readBody, type BodyOptions } from "../request/body.ts";
import { batchedEvents, binaryEvent, isBinaryEvent, structuredEvent } from "../request/cloud-events.ts";
import type { Item, RecordRules } from "../request/incoming.ts";
import { jsonItems, lineItems } from "../request/json.ts";
import { recordHeaders } from "../request/record-headers.ts";
import { digestOf, keyIn } from "../write/idempotency.ts";
import type { Holder } from "./keys.ts";
import { answerOnce, answering, refuseOtherPipeline, writeItems, type Door } from "./door.ts";
import { writeStream } from "./stream.ts";

export type KeyCheck = (headers: HttpRequest["headers"]) => Holder;

/** `POST /v1/<pipeline>/records` */
export function takeRecords(door: Door, holderOf: KeyCheck): (request: HttpRequest) => Promise<HttpAnswer> {
  return (request) =>
    answering(door, request.body, async () => {
      const { headers, params, body } = request;
      refuseOtherPipeline(door, params["pipeline"]);
      const holder = holderOf(headers);
      door.rate.take(holder, 0);
      const kind = isBinaryEvent(headers) ? "binary-event" : bodyKindOf(headers["content-type"]);
      if (kind === "binary-event" && headers["content-type"] !== undefined) bodyKindOf(headers["content-type"]);
      const key = keyIn(headers["idempotency-key"]);
      const rules = { limits: door.spec.limits, headers: recordHeaders(headers, door.spec.headers) };
      if (kind === "ndjson" && key === null)
        return writeStream(door, { body, holder, rules, options: bodyOptions(door, headers, door.spec.limits.stream) });
      const bytes = await readBody(body, bodyOptions(door, headers, door.spec.limits.body));
      try {
        const repeatable = key === null ? null : { key: `http/${holder}/${key}`, request: digestOf(kind, bytes) };
        return await answerOnce(door, repeatable, () => {
          const items = itemsOf(kind, bytes, headers, rules, door.spec.batchMax);
          door.rate.take(holder, items.length);
          return writeItems(door, items, repeatable);
        });
      } finally {
        door.budget.give(bytes.length);
      }
    });
}

function itemsOf(
  kind: BodyKind | "binary-event",
  bytes: Uint8Array,
  headers: HttpRequest["headers"],
  rules: RecordRules,
  maxItems: number,
): readonly Item[] {
  switch (kind) {
    case "json":
      return jsonItems(bytes, rules, maxItems);
    case "ndjson":
      return lineItems(bytes, rules, maxItems);
    case "cloud-event":
      return structuredEvent(bytes, rules);
    case "cloud-event-batch":
      return batchedEvents(bytes, rules, maxItems);
    case "binary-event":
      return binaryEvent(bytes, headers, rules);
  }
}

export function bodyOptions(door: Door, headers: HttpRequest["headers"], limit: number): BodyOptions {
  const length = Number(headers["content-length"]);
  const { clock, pace, budget } = door;
  return {
    encoding: encodingOf(headers["content-encoding"]),
    contentLength: Number.isSafeInteger(length) ? length : null,
    limit,
    clock,
    pace,
    budget,
  };
}
