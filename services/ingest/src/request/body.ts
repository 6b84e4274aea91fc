import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Clock } from "@weir/stream";
import type { Budget } from "../door/budget.ts";
import { refuse, RequestRefused } from "../problems.ts";
import type { Encoding } from "./media-type.ts";

export interface BodyOptions {
  readonly encoding: Encoding;
  /** From the header, of the packed body. */
  readonly contentLength: number | null;
  /** Bytes at most, unpacked. */
  readonly limit: number;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Memory that all requests share. */
  readonly budget: Budget;
}

/** How slowly a body may come. */
export interface Pace {
  /** Before this nothing is asked of it. */
  readonly graceMs: number;
  readonly bytesPerSecond: number;
}

export const PACE: Pace = { graceMs: 15_000, bytesPerSecond: 4096 };

/** The parts of a body, unpacked, within their limit and not too slow; each is counted on the budget, and taken off by the caller. */
export async function* bodyParts(body: Readable, options: BodyOptions): AsyncGenerator<Buffer> {
  const { encoding, contentLength, limit } = options;
  if (contentLength !== null && !encoding.gzip && contentLength > limit) refuseSize(limit);
  let bytes = 0;
  const paced = pacedParts(body, options);
  for await (const part of encoding.gzip ? unpacked(paced) : paced) {
    bytes += part.length;
    if (bytes > limit) refuseSize(limit);
    options.budget.take(part.length);
    yield part;
  }
}

/** A whole body. What it holds on the budget is handed over with it. */
export async function readBody(body: Readable, options: BodyOptions): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of bodyParts(body, options)) {
      parts.push(part);
      bytes += part.length;
    }
  } catch (error) {
    options.budget.give(bytes);
    throw error;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes); // it has one
}

/** Leaves the connection alone when the rest is not wanted: the answer has to go through it. */
async function* pacedParts(body: Readable, { clock, pace }: BodyOptions): AsyncGenerator<Buffer> {
  const startedAt = clock.monotonic();
  let bytes = 0;
  let stopLooking: () => void = () => {};
  const late = new Promise<never>((_, reject) => {
    stopLooking = clock.every(Math.max(10, pace.graceMs / 10), () => {
      const ms = clock.monotonic() - startedAt;
      if (ms >= pace.graceMs && (bytes * 1000) / ms < pace.bytesPerSecond) reject(tooSlow(pace));
    });
  });
  late.catch(() => {}); // nobody may be waiting just then
  const parts = body.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const step: IteratorResult<unknown> = await Promise.race([parts.next(), late]).catch(brokenOff);
      if (step.done === true) return;
      const part = Buffer.isBuffer(step.value) ? step.value : Buffer.from(String(step.value));
      bytes += part.length;
      yield part;
    }
  } finally {
    stopLooking();
    void parts.return?.(); // a step that never came is not waited for
  }
}

function brokenOff(error: unknown): never {
  if (error instanceof RequestRefused) throw error;
  return refuse(400, {
    code: "WEIR-3010",
    what: "the body ends too early",
    why: "the connection was closed before all of it had come",
    fix: "send it again",
  });
}

async function* unpacked(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 65_536 });
  const faults: Error[] = [];
  const feed = async (): Promise<void> => {
    try {
      for await (const part of parts)
        if (gunzip.destroyed) return;
        else if (!gunzip.write(part)) await new Promise((resolve) => gunzip.once("drain", resolve).once("close", resolve));
      gunzip.end();
    } catch (error) {
      faults.push(error instanceof Error ? error : new Error(String(error)));
      gunzip.destroy();
    }
  };
  const feeding = feed();
  try {
    for await (const part of gunzip) yield Buffer.isBuffer(part) ? part : Buffer.from(String(part));
  } catch (error) {
    if (faults.length === 0) refusePacked(error);
  } finally {
    gunzip.destroy();
    void feeding;
  }
  for (const fault of faults) throw fault;
}

function refuseSize(limit: number): never {
  return refuse(413, {
    code: "WEIR-3008",
    what: `the body has more than ${limit} bytes`,
    why: "that is the limit of this door, counted unpacked",
    fix: "split it",
  });
}

function refusePacked(cause: unknown): never {
  return refuse(400, {
    code: "WEIR-3009",
    what: "the body cannot be unpacked",
    where: "header content-encoding: gzip",
    why: cause instanceof Error ? cause.message : String(cause),
    fix: "pack it again, or leave the header out if it is not packed",
  });
}

function tooSlow({ graceMs, bytesPerSecond }: Pace): RequestRefused {
  const problem = {
    code: "WEIR-3022",
    what: "the body comes too slowly",
    why: `after ${graceMs / 1000} s it must come with ${bytesPerSecond} bytes a second`,
    fix: "send smaller bodies",
  };
  return new RequestRefused({ status: 408, problem, headers: { connection: "close" } });
}
