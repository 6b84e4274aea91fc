import { refuse } from "../problems.ts";

/** What the body of a request is. */
export type BodyKind = "json" | "ndjson" | "cloud-event" | "cloud-event-batch";

const KINDS: ReadonlyMap<string, BodyKind> = new Map([
  ["application/json", "json"],
  ["text/json", "json"],
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/x-jsonlines", "ndjson"],
  ["application/cloudevents+json", "cloud-event"],
  ["application/cloudevents-batch+json", "cloud-event-batch"],
]);

/** From `Content-Type`: refused with 415 where records do not come that way, or not in UTF-8. */
export function bodyKindOf(contentType: string | undefined): BodyKind {
  const { type, charset } = parseType(contentType ?? "");
  const kind =
    KINDS.get(type) ?? (type.startsWith("application/") && type.endsWith("+json") && !type.includes("cloudevents") ? "json" : null);
  if (kind === null) {
    return refuse(415, {
      code: "WEIR-3006",
      what: contentType === undefined ? "the request has no content type" : `${shown(contentType)} is not a type that records come in`,
      where: "header content-type",
      why: `taken are ${[...KINDS.keys()].join(", ")}`,
      fix: "send one of these, with a body that is one",
    });
  }
  if (charset !== null && charset !== "utf-8" && charset !== "utf8" && charset !== "us-ascii") {
    return refuse(415, {
      code: "WEIR-3006",
      what: `records come in UTF-8, not in ${shown(charset)}`,
      where: "header content-type",
      why: "bytes are handed on as they are, and every reader behind takes them for UTF-8",
      fix: "encode the body as UTF-8",
    });
  }
  return kind;
}

export interface Encoding {
  readonly gzip: boolean;
}

/** From `Content-Encoding`. */
export function encodingOf(header: string | undefined): Encoding {
  const name = (header ?? "identity").trim().toLowerCase();
  if (name === "" || name === "identity") return { gzip: false };
  if (name === "gzip" || name === "x-gzip") return { gzip: true };
  return refuse(415, {
    code: "WEIR-3007",
    what: `bodies packed with ${shown(name)} are not taken`,
    where: "header content-encoding",
    why: "only gzip is, and only once",
    fix: "pack with gzip, or not at all",
  });
}

function parseType(text: string): { readonly type: string; readonly charset: string | null } {
  const [type = "", ...parameters] = text.split(";");
  const charset = parameters
    .map((p) => /^\s*charset\s*=\s*"?([^"\s]*)"?\s*$/i.exec(p)?.[1]?.toLowerCase())
    .find((found) => found !== undefined);
  return { type: type.trim().toLowerCase(), charset: charset ?? null };
}

/** What a client sent, cut so that it fits into a sentence. */
function shown(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 80)}"`;
}
