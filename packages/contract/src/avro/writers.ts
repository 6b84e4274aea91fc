import type { Batch } from "@weir/record";
import { parseAvroSchema, SchemaFault, type AvroType } from "./schema.ts";

/** Confluent's framing: a byte 0, the id of the writer's schema in four bytes, the record. */
export const FRAME_BYTES = 5;

/**
 * The schemas that records were written with, by their id in the registry. Whoever fetches records asks the registry for the ids that a
 * batch names before a reader sees the batch: readers never wait.
 */
export interface WriterSchemas {
  /** `texts`: the schemas that it refers to, each after those that it refers to itself, and the schema at last. */
  learn(id: number, texts: readonly string[]): void;
  /** No record with this id can be read, for ever or as long as nobody registers it: why. */
  refuse(id: number, why: string, isFinal: boolean): void;
  /** Undefined: nobody has asked for it. */
  get(id: number): WriterSchema | undefined;
}

export type WriterSchema = { readonly type: AvroType } | { readonly why: string; readonly isFinal: boolean };

/** Where schemas are. Throws RetriableError where it cannot tell now. */
export interface SchemaSource {
  find(id: number): Promise<FoundSchema>;
}

/** `texts` as `learn` takes them; or why there is none, and whether there will never be one. */
export type FoundSchema = { readonly texts: readonly string[] } | { readonly why: string; readonly isFinal: boolean };

export function createWriterSchemas(): WriterSchemas {
  const byId = new Map<number, WriterSchema>();
  return {
    learn: (id, texts) => byId.set(id, parsed(texts)),
    refuse: (id, why, isFinal) => byId.set(id, { why, isFinal }),
    get: (id) => byId.get(id),
  };
}

function parsed(texts: readonly string[]): WriterSchema {
  try {
    return { type: parseAvroSchema(texts) };
  } catch (error) {
    if (error instanceof SchemaFault)
      return { why: `it cannot be used: ${error.where && `${error.where}: `}${error.message}`, isFinal: true };
    throw error;
  }
}

/** The ids that the values of a batch name, as far as they are framed. */
export function schemaIdsIn(batch: Batch): ReadonlySet<number> {
  const ids = new Set<number>();
  let last = -1;
  for (let row = 0; row < batch.count; row++) {
    const id = schemaIdAt(batch.bytes, batch.valueAt[row]!, batch.valueLength[row]!); // row < count
    if (id === last || id < 0) continue;
    ids.add(id);
    last = id;
  }
  return ids;
}

/** Unsigned; -1 where the value is not framed. */
export function schemaIdAt(bytes: Uint8Array, at: number, length: number): number {
  if (length < FRAME_BYTES || bytes[at] !== 0) return -1;
  return ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0; // within the length
}
