import type { HttpDoor, WebhookSource } from "@weir/pipeline";

export interface OpenApiOptions {
  readonly pipeline: string;
  readonly description: string | undefined;
  readonly door: HttpDoor | undefined;
  readonly webhooks: Readonly<Record<string, WebhookSource>>;
  /** JSON Schema of a record: the pipeline's contract itself. */
  readonly contract: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: Json, type = "application/json"): Json => ({ [type]: { schema } });

export const PROBLEM_SCHEMA: Json = {
  type: "object",
  description: "What was wrong, where, why and what to do; weir explain CODE says more.",
  required: ["status", "code", "what"],
  properties: {
    status: { type: "integer" },
    code: { type: "string", pattern: "^WEIR-\\d{4}$" },
    what: { type: "string" },
    where: { type: "string" },
    why: { type: "string" },
    fix: { type: "string" },
  },
  additionalProperties: false,
};

/** What an answer says of every record, in the order of the request. */
export function answerSchema(problem: Json): Json {
  const placed: Json = {
    type: "object",
    required: ["topic", "partition", "offset"],
    properties: { topic: { type: "string" }, partition: { type: "integer", minimum: 0 }, offset: { type: "integer", minimum: 0 } },
    additionalProperties: false,
  };
  const refused: Json = { type: "object", required: ["problem"], properties: { problem }, additionalProperties: false };
  return {
    type: "object",
    required: ["accepted", "refused", "records"],
    properties: {
      accepted: { type: "integer", minimum: 0 },
      refused: { type: "integer", minimum: 0 },
      records: { type: "array", items: { oneOf: [placed, refused] } },
    },
    additionalProperties: false,
  };
}

/** OpenAPI 3.1 of the doors of one pipeline, from its file and its contract. */
export function openApiOf({ pipeline, description, door, webhooks, contract }: OpenApiOptions): Json {
  const hasKeys = door !== undefined && Object.keys(door.keys).length > 0;
  return {
    openapi: "3.1.0",
    info: { title: `Weir: ${pipeline}`, version: "1", ...(description === undefined ? {} : { description }) },
    paths: {
      ...(door && { [`/v1/${pipeline}/records`]: { post: recordsOperation(door, hasKeys) } }),
      ...Object.fromEntries(
        Object.entries(webhooks).map(([name, source]) => [`/v1/${pipeline}/webhooks/${name}`, { post: webhookOperation(name, source) }]),
      ),
    },
    components: {
      schemas: {
        Record: withoutIdentity(contract),
        CloudEvent: CLOUD_EVENT,
        Answer: answerSchema(ref("Problem")),
        Problem: PROBLEM_SCHEMA,
      },
      ...(hasKeys && {
        securitySchemes: { bearer: { type: "http", scheme: "bearer" }, key: { type: "apiKey", in: "header", name: "x-api-key" } },
      }),
    },
  };
}

const CLOUD_EVENT: Json = {
  type: "object",
  description: "CloudEvents 1.0; its data is the record, its partitionkey the key where the pipeline takes none from the record.",
  required: ["specversion", "id", "source", "type"],
  properties: {
    specversion: { const: "1.0" },
    id: { type: "string", minLength: 1 },
    source: { type: "string", minLength: 1 },
    type: { type: "string", minLength: 1 },
    data: ref("Record"),
    data_base64: { type: "string" },
  },
};

function recordsOperation({ batchMax, limits }: HttpDoor, hasKeys: boolean): Json {
  const list = (item: Json): Json => ({ type: "array", minItems: 1, maxItems: batchMax, items: item });
  return {
    operationId: "produceRecords",
    summary: "Write records to the pipeline's entry topic.",
    description: `Answered when all in-sync replicas have the records. At most ${batchMax} records and ${limits.body} bytes a request, ${limits.record} bytes a record; NDJSON without an Idempotency-Key is written in parts while it comes, up to ${limits.stream} bytes. Bodies may be packed with gzip. CloudEvents in binary mode are told by their ce- headers.`,
    parameters: [
      {
        name: "Idempotency-Key",
        in: "header",
        description: "The same key gets the same answer, and its records are written once.",
        schema: { type: "string", minLength: 1, maxLength: 255 },
      },
      { name: "traceparent", in: "header", description: "W3C trace context; becomes a header of the records.", schema: { type: "string" } },
    ],
    requestBody: {
      required: true,
      content: {
        ...json({ oneOf: [ref("Record"), list(ref("Record"))] }),
        ...json({ type: "string", description: "One record a line." }, "application/x-ndjson"),
        ...json(ref("CloudEvent"), "application/cloudevents+json"),
        ...json(list(ref("CloudEvent")), "application/cloudevents-batch+json"),
      },
    },
    responses: responsesOf(hasKeys ? [400, 401, 408, 413, 415, 422, 429, 503] : [400, 408, 413, 415, 422, 429, 503]),
    ...(hasKeys && { security: [{ bearer: [] }, { key: [] }] }),
  };
}

function webhookOperation(name: string, { scheme, tolerance }: WebhookSource): Json {
  const signed = scheme === "standard" ? "webhook-id, webhook-timestamp and webhook-signature" : "stripe-signature";
  return {
    operationId: `webhook-${name}`,
    summary: `Deliveries of ${name}, each one record.`,
    description: `Signed by ${signed}, at most ${tolerance / 1000} s ago. A delivery that is repeated gets the same answer and is written once.`,
    requestBody: { required: true, content: json(ref("Record")) },
    responses: responsesOf([400, 401, 408, 413, 415, 422, 429, 503]),
  };
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: "The body cannot be read",
  401: "Key or signature are missing or wrong",
  408: "The body came too slowly",
  413: "Too large, or too many records",
  415: "A content type or encoding that is not taken",
  422: "No record of the request could be taken, or the Idempotency-Key was used for another body",
  429: "Above the rate of the key",
  503: "The log does not take records at this moment",
};

function responsesOf(refusals: readonly number[]): Json {
  const wait = { "Retry-After": { description: "Seconds", schema: { type: "integer", minimum: 1 } } };
  const refused = refusals.map((status): [string, Json] => [
    String(status),
    {
      description: MEANINGS[status],
      ...(status === 429 || status === 503 ? { headers: wait } : {}),
      content: { ...json(ref("Problem"), "application/problem+json"), ...(status === 422 ? json(ref("Answer")) : {}) },
    },
  ]);
  return {
    "202": { description: "All records are in the log", content: json(ref("Answer")) },
    "207": { description: "Some records are in the log, the others were refused", content: json(ref("Answer")) },
    ...Object.fromEntries(refused),
  };
}

/** A contract names itself; inside another document that would move its references. */
function withoutIdentity(contract: unknown): Json {
  if (typeof contract !== "object" || contract === null) return {};
  return Object.fromEntries(Object.entries(contract).filter(([name]) => name !== "$id" && name !== "$schema"));
}
