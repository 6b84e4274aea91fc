import type { Readable } from "node:stream";
import { WeirError } from "@weir/record";
import { problemAnswer, type HttpAnswer } from "@weir/service";
import { BadRequest } from "./bodies.ts";

/** Plans are large: every run of selected offsets is in them. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The JSON of a request; an empty body is an empty object. */
export async function jsonIn(body: Readable): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    if (!(piece instanceof Uint8Array)) throw new BadRequest(["the body is no stream of bytes"]);
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) throw new BadRequest([`the body has more than ${MAX_BODY_BYTES} bytes`]);
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch (error) {
    throw new BadRequest([`the body is no JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

export function json(value: unknown, status = 200): HttpAnswer {
  return { status, body: JSON.stringify(value) };
}

/** What people can mend is told in full; other faults are the service's own. */
export async function answered(act: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof BadRequest)
      return problemAnswer(400, { code: "WEIR-2601", what: "the request cannot be understood", why: error.problems.join("; "), fix: "correct what is named; /v1/openapi.json describes the API" }); // prettier-ignore
    if (error instanceof WeirError) return problemAnswer(STATUS.get(error.problem.code) ?? 409, error.problem);
    throw error;
  }
}

export function nothingThere(what: string, where: string): HttpAnswer {
  return problemAnswer(404, { code: "WEIR-2602", what, where, fix: "take the place from the list" });
}

const STATUS: ReadonlyMap<string, number> = new Map([
  ["WEIR-5201", 400],
  ["WEIR-5202", 404],
  ["WEIR-5205", 404],
]);
