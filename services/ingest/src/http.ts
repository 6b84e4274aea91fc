import type { HttpDoor, WebhookSource } from "@weir/pipeline";
import type { HttpAnswer, HttpRequest, Route } from "@weir/service";
import { answering, refuseOtherPipeline, type Door } from "./door/door.ts";
import { createKeyCheck } from "./door/keys.ts";
import { takeRecords } from "./door/records.ts";
import { takeWebhooks } from "./door/webhooks.ts";

export interface Doors {
  readonly http: HttpDoor | undefined;
  readonly webhook: Readonly<Record<string, WebhookSource>> | undefined;
  /** OpenAPI document. */
  readonly description: string;
}

/** The addresses of one pipeline. */
export function doorRoutes(door: Door, { http, webhook, description }: Doors): readonly Route[] {
  const describe = (request: HttpRequest): Promise<HttpAnswer> =>
    answering(door, request.body, async () => {
      refuseOtherPipeline(door, request.params["pipeline"]);
      return { status: 200, body: description };
    });
  return [
    ...(http ? [route("POST", "/v1/:pipeline/records", takeRecords(door, createKeyCheck(http.keys)))] : []),
    ...(webhook ? [route("POST", "/v1/:pipeline/webhooks/:name", takeWebhooks(door, webhook))] : []),
    route("GET", "/v1/:pipeline/openapi.json", describe),
  ];
}

function route(method: Route["method"], path: string, handle: Route["handle"]): Route {
  return { method, path, handle };
}
