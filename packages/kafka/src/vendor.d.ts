declare module "snappyjs" {
  export function uncompress(compressed: Buffer, maxLength?: number): Uint8Array;
  export function compress(bytes: Buffer): Uint8Array;
}
declare module "zstd-codec" {
  interface Streaming {
    decompress(compressed: Uint8Array, sizeHint?: number): Uint8Array | null;
    compress(bytes: Uint8Array, level?: number): Uint8Array;
  }
  export const ZstdCodec: { run(use: (zstd: { Streaming: new () => Streaming }) => void): void };
}
