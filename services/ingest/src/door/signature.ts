import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { WebhookSource } from "@weir/pipeline";
import { refuse } from "../problems.ts";

/** What a signed request proved. */
export interface Signed {
  /** The same for every repetition of it: repeats get the same answer and are written once. */
  readonly id: string;
}

interface Claim {
  readonly id: string;
  /** Seconds since 1970, as text: it is signed as it was sent. */
  readonly timestamp: string;
  readonly signed: (body: Uint8Array) => readonly (string | Uint8Array)[];
  readonly signatures: readonly Buffer[];
  readonly keyOf: (secret: string) => Buffer;
}

/** Checks the HMAC first, then the age: a wrong secret is told as one, whatever the clock says. */
export function checkSignature(
  { scheme, secrets, tolerance }: WebhookSource,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  now: number,
): Signed {
  const claim = scheme === "standard" ? standardClaim(headers) : stripeClaim(headers);
  let isSigned = false;
  for (const secret of secrets) {
    const hmac = createHmac("sha256", claim.keyOf(secret));
    for (const part of claim.signed(body)) hmac.update(part);
    const expected = hmac.digest();
    for (const signature of claim.signatures)
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) isSigned = true;
  }
  if (!isSigned) refuseSignature("no signature was made with a secret of this source");
  const ageMs = now - Number(claim.timestamp) * 1000;
  if (Math.abs(ageMs) > tolerance)
    refuse(401, {
      code: "WEIR-3004",
      what: ageMs > 0 ? "the webhook is too old" : "the webhook is from the future",
      why: `its signed time is ${Math.round(Math.abs(ageMs) / 1000)} s ${ageMs > 0 ? "ago" : "ahead"}, ${tolerance / 1000} s are tolerated`,
      fix: "set the clocks; if it was sent again by somebody else, it was a replay",
    });
  return { id: claim.id };
}

/** https://www.standardwebhooks.com: `v1,BASE64` over `id.timestamp.body`, several separated by spaces. */
function standardClaim(headers: IncomingHttpHeaders): Claim {
  const [id, timestamp, signature] = [one(headers, "webhook-id"), one(headers, "webhook-timestamp"), one(headers, "webhook-signature")];
  if (!/^[\x21-\x7e]{1,255}$/.test(id)) refuseSignature("webhook-id is not 1 to 255 printable characters");
  return {
    id,
    timestamp: seconds(timestamp, "webhook-timestamp"),
    signed: (body) => [`${id}.${timestamp}.`, body],
    signatures: signature
      .split(" ")
      .slice(0, MAX_SIGNATURES)
      .flatMap((part) => (part.startsWith("v1,") ? [Buffer.from(part.slice(3), "base64")] : [])),
    keyOf: (secret) => (secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret)),
  };
}

/** https://docs.stripe.com/webhooks#verify-manually: `t=…,v1=HEX` over `t.body`. It names no request: the signature does. */
function stripeClaim(headers: IncomingHttpHeaders): Claim {
  const pairs = one(headers, "stripe-signature")
    .split(",")
    .slice(0, MAX_SIGNATURES)
    .map((part) => part.trim().split("="));
  const timestamp = seconds(pairs.find(([name]) => name === "t")?.[1] ?? "", "stripe-signature");
  const hex = pairs.flatMap(([name, value]) => (name === "v1" && value !== undefined && /^[0-9a-f]{64}$/i.test(value) ? [value] : []));
  return {
    id: `${timestamp}.${hex[0] ?? ""}`,
    timestamp,
    signed: (body) => [`${timestamp}.`, body],
    signatures: hex.map((text) => Buffer.from(text, "hex")),
    keyOf: (secret) => Buffer.from(secret),
  };
}

const MAX_SIGNATURES = 10;

function one(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : refuseSignature(`the header ${name} is missing`);
}

function seconds(text: string, header: string): string {
  return /^\d{1,12}$/.test(text) ? text : refuseSignature(`${header} holds no time in seconds since 1970`);
}

function refuseSignature(why: string): never {
  return refuse(401, {
    code: "WEIR-3003",
    what: "the webhook is not signed as it should be",
    why,
    fix: "compare the secret with the sender's, and let nothing between rewrite bodies",
  });
}
