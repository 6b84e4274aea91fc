import type { Place } from "./dead-letter.ts";

const decoder = new TextDecoder();
/** Topic names have at most 249 characters, none of them a slash. */
const ORIGIN = /^([A-Za-z0-9._-]{1,249})\/(\d{1,10})\/(\d{1,16})\/(-?\d{1,16})$/;

/** `topic/partition/offset/timestamp`, or null for anything else. */
export function parseOrigin(value: Uint8Array): Place | null {
  const match = value.length > 300 ? null : ORIGIN.exec(decoder.decode(value));
  if (match === null) return null;
  return { topic: match[1] ?? "", partition: Number(match[2]), offset: Number(match[3]), timestamp: Number(match[4]) };
}
