export { loadCodecs, type Codecs } from "./codecs.ts";
export { decodeRecords, emptyBatch } from "./decode.ts";
export { BatchEncoder } from "./encoder.ts";
