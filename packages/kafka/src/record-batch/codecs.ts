import { gunzipSync } from "node:zlib";
import * as zlib from "node:zlib";
import { decompressFrameSync } from "lz4-napi";
import { uncompress } from "snappyjs";
import { CODEC } from "./layout.ts";
import { MAX_INFLATED_BYTES, unframeSnappy } from "./snappy-frames.ts";

export type Decompress = (compressed: Buffer) => Uint8Array;

/** By the codec number of a batch. */
export type Codecs = ReadonlyMap<number, Decompress>;

/** The codecs that decompress what other producers wrote; what we write ourselves is plain or stored. */
export async function loadCodecs(): Promise<Codecs> {
  return new Map<number, Decompress>([
    [CODEC.gzip, (compressed) => gunzipSync(compressed, { maxOutputLength: MAX_INFLATED_BYTES })],
    [CODEC.snappy, (compressed) => unframeSnappy(compressed, (block) => uncompress(block, MAX_INFLATED_BYTES))],
    [CODEC.lz4, (compressed) => decompressFrameSync(compressed)],
    [CODEC.zstd, await loadZstd()],
  ]);
}

async function loadZstd(): Promise<Decompress> {
  const native: unknown = Reflect.get(zlib, "zstdDecompressSync"); // from Node 22.15 on
  if (typeof native === "function")
    return (compressed) => asBytes(Reflect.apply(native, zlib, [compressed, { maxOutputLength: MAX_INFLATED_BYTES }]));
  const { ZstdCodec } = await import("zstd-codec");
  return new Promise((resolve) => {
    ZstdCodec.run((zstd) => {
      const streaming = new zstd.Streaming();
      resolve((compressed) => {
        const inflated = streaming.decompress(compressed, 4 * compressed.length);
        if (inflated === null) throw new Error("not a zstd frame");
        return inflated;
      });
    });
  });
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("zstd gave no bytes");
}
