import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { pipeline } from "node:stream";
import { WeirError } from "@weir/record";

/** The lines of a file (gunzipped if it ends in .gz) or of standard input, as bytes without the line feed; empty lines are skipped. */
export async function* readLines(file: string | null): AsyncGenerator<Uint8Array> {
  const source: AsyncIterable<string | Buffer> = file === null ? process.stdin : openFile(file);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of source) {
      const chunk = rest.length === 0 ? asBuffer(piece) : Buffer.concat([rest, asBuffer(piece)]);
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        if (end > from) yield chunk.subarray(from, end);
        from = end + 1;
      }
      rest = chunk.subarray(from);
    }
  } catch (cause) {
    throw unreadable(file ?? "standard input", cause);
  }
  if (rest.length > 0) yield rest;
}

function openFile(file: string): NodeJS.ReadableStream {
  const raw = createReadStream(file);
  return file.endsWith(".gz") ? pipeline(raw, createGunzip(), () => {}) : raw;
}

function asBuffer(piece: string | Buffer): Buffer {
  return typeof piece === "string" ? Buffer.from(piece) : piece;
}

function unreadable(file: string, cause: unknown): WeirError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WeirError(
    {
      code: "WEIR-6001",
      what: "the records cannot be read",
      where: file,
      why,
      fix: "name a file of one JSON record a line; .gz is unpacked",
    },
    { cause, exitCode: 2 },
  );
}
