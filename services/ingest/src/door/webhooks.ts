import type { WebhookSource } from "@weir/pipeline";
import type { HttpAnswer, HttpRequest } from "@weir/service";
import { refuse } from "../problems.ts";
import { readBody } from "../request/body.ts";
import { itemOfText } from "../request/incoming.ts";
import { refuseEmpty } from "../request/json.ts";
import { recordHeaders } from "../request/record-headers.ts";
import { digestOf } from "../write/idempotency.ts";
import { answerOnce, answering, refuseOtherPipeline, writeItems, type Door } from "./door.ts";
import { bodyOptions } from "./records.ts";
import { checkSignature } from "./signature.ts";

/** What senders of webhooks say of a delivery and readers want to know. */
const HEADERS = ["webhook-id", "webhook-timestamp"];

/** `POST /v1/<pipeline>/webhooks/<name>`: the body is one record, and its signature names it, so that repeats are written once. */
export function takeWebhooks(door: Door, sources: Readonly<Record<string, WebhookSource>>): (request: HttpRequest) => Promise<HttpAnswer> {
  return (request) =>
    answering(door, request.body, async () => {
      const { headers, params, body } = request;
      refuseOtherPipeline(door, params["pipeline"]);
      const name = params["name"] ?? "";
      const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
      if (source === undefined)
        return refuse(404, {
          code: "WEIR-3005",
          what: "there is no such webhook source",
          where: "path of the request",
          fix: "correct the name, or add the source to the pipeline file",
        });
      const bytes = await readBody(body, bodyOptions(door, headers, door.spec.limits.body));
      try {
        const { id } = checkSignature(source, headers, bytes, door.clock.now());
        const rules = { limits: door.spec.limits, headers: recordHeaders(headers, [...door.spec.headers, ...HEADERS]) };
        const repeatable = { key: `webhook/${name}/${id}`, request: digestOf("webhook", bytes) };
        return await answerOnce(door, repeatable, () => {
          refuseEmpty(bytes);
          const item = itemOfText(bytes, rules);
          door.rate.take(`webhook ${name}`, 1);
          return writeItems(door, [item], repeatable);
        });
      } finally {
        door.budget.give(bytes.length);
      }
    });
}
