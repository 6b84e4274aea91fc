import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { refuse } from "../problems.ts";

/** Who sends: the holder of a key, `anyone` where the door has none. */
export type Holder = string;

/** Looks at every hash for every request, so that the time taken tells nothing of which of them is near. */
export function createKeyCheck(keys: Readonly<Record<string, string>>): (headers: IncomingHttpHeaders) => Holder {
  const known = Object.entries(keys).map(([holder, hash]) => ({ holder, hash: Buffer.from(hash.slice("sha256:".length), "hex") }));
  if (known.length === 0) return () => "anyone";
  return (headers) => {
    const sent = createHash("sha256")
      .update(keyIn(headers) ?? "")
      .digest();
    let found: Holder | null = null;
    for (const { holder, hash } of known) if (timingSafeEqual(hash, sent)) found = holder;
    return (
      found ??
      refuse(
        401,
        {
          code: "WEIR-3002",
          what: keyIn(headers) === null ? "the request has no API key" : "the API key is not known",
          where: "header authorization or x-api-key",
          fix: "send the key as Authorization: Bearer KEY; the owner of the pipeline adds its SHA-256 to http.keys",
        },
        { "www-authenticate": "Bearer" },
      )
    );
  };
}

function keyIn(headers: IncomingHttpHeaders): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const own = headers["x-api-key"];
  return bearer ?? (typeof own === "string" ? own : null);
}
