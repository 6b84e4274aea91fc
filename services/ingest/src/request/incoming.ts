import { walkJson, type JsonFault, type JsonRange } from "@weir/contract";
import type { HttpLimits } from "@weir/pipeline";
import type { Header } from "@weir/record";
import type { Refusal } from "../problems.ts";

/** A record as it was sent: its value is a view of the bytes that came. */
export interface Incoming {
  readonly value: Uint8Array;
  readonly headers: readonly Header[];
  /** Said by the sender beside the value (CloudEvents' `partitionkey`); counts where the pipeline takes no key from the value. */
  readonly key: Uint8Array | null;
}

/** A record, or why it is none: a request is answered record by record. */
export type Item = { readonly record: Incoming; readonly refusal?: undefined } | { readonly refusal: Refusal; readonly record?: undefined };

/** Bytes of key and headers together: with a value at its limit the record still fits what a broker takes. */
export const AROUND_BYTES_MAX = 32_768;

/** What every record of a request is held to. */
export interface RecordRules {
  readonly limits: HttpLimits;
  /** Headers that all records of the request get. */
  readonly headers: readonly Header[];
}

/** A record from a value whose grammar is known to be right, unless it is too large, too deep, ambiguous or no object. */
export function itemOf(bytes: Uint8Array, { from, to, fault }: JsonRange & { readonly fault: JsonFault | null }, rules: RecordRules): Item {
  const { limits, headers } = rules;
  const refusal = refusalOf(bytes, from, to, fault, limits);
  return refusal === null ? { record: { value: bytes.subarray(from, to), headers, key: null } } : { refusal };
}

/** The same for a text that should be one value and nothing else. */
export function itemOfText(bytes: Uint8Array, rules: RecordRules): Item {
  if (bytes.length > rules.limits.record) return { refusal: tooLarge(bytes.length, rules.limits.record) };
  const start = firstByte(bytes, 0);
  const item = walkJson(bytes, start, bytes.length, rules.limits.depth);
  if (item.fault?.kind === "syntax") return { refusal: notJson(item.fault) };
  const rest = firstByte(bytes, item.to);
  if (rest < bytes.length) return { refusal: notJson({ kind: "syntax", at: rest, message: "something follows the value" }) };
  return itemOf(bytes, item, rules);
}

function refusalOf(bytes: Uint8Array, from: number, to: number, fault: JsonFault | null, limits: HttpLimits): Refusal | null {
  if (to - from > limits.record) return tooLarge(to - from, limits.record);
  if (fault?.kind === "depth")
    return unprocessable(
      "WEIR-3014",
      "the record is nested too deeply",
      fault,
      `at most ${limits.depth} arrays and objects inside one another`,
    );
  if (fault?.kind === "duplicate") return unprocessable("WEIR-3015", fault.message, fault, "send each name once");
  if (bytes[from] !== 123)
    return {
      status: 422,
      problem: { code: "WEIR-3012", what: `the record is ${nameOf(bytes[from])}, not an object`, fix: "send one JSON object a record" },
    };
  return null;
}

function unprocessable(code: string, what: string, { at }: JsonFault, fix: string): Refusal {
  return { status: 422, problem: { code, what, where: `byte ${at} of the body`, fix } };
}

export function tooLarge(bytes: number, limit: number): Refusal {
  return {
    status: 413,
    problem: {
      code: "WEIR-3013",
      what: `the record has ${bytes} bytes`,
      why: `at most ${limit} are taken`,
      fix: "send what is large to a store of files, and the record with a reference to it",
    },
  };
}

export function notJson({ at, message }: JsonFault): Refusal {
  return {
    status: 400,
    problem: {
      code: "WEIR-3010",
      what: "the body is not JSON",
      where: `byte ${at}`,
      why: message,
      fix: "correct it there; nothing of it was written",
    },
  };
}

function nameOf(first: number | undefined): string {
  if (first === 34) return "a text";
  if (first === 91) return "an array";
  if (first === 110) return "null";
  return first === 116 || first === 102 ? "a truth value" : "a number";
}

/** The first byte that is no white space. */
export function firstByte(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9)) at++;
  return at;
}
