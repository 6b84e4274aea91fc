export { loadCodecs, type Codecs } from "./codecs.ts";
export { decodeRecords, emptyBatch, type DecodeOptions, type Decoded } from "./decode.ts";
export { BatchEncoder, type Sequence } from "./encoder.ts";
export { type Aborted } from "./scan-batches.ts";
