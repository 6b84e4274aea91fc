import { textOfJson, valueInJson } from "@weir/contract";
import type { RecordSpec } from "@weir/pipeline";
import { partitionOf, type PlainRecord } from "@weir/record";
import { AROUND_BYTES_MAX, type Incoming } from "../request/incoming.ts";
import type { Refusal } from "../problems.ts";

/** A record with the partition that it belongs to. */
export interface Placed {
  readonly partition: number;
  readonly record: Pick<PlainRecord, "key" | "value" | "headers">;
  readonly bytes: number;
  readonly refusal?: undefined;
}

export type Place = (incoming: Incoming) => Placed | { readonly refusal: Refusal };

/**
 * The key is `record.key` of the pipeline, else what the sender said beside the value. The partition is Kafka's murmur2 of
 * the key; of a record without one of its id, so that a repeated record comes to the same partition; else they go in turn.
 */
export function createPlacing(spec: Pick<RecordSpec, "key" | "id">, partitions: number): Place {
  const keyPath = spec.key === null ? null : pathOf(spec.key);
  const idOf = idReader(spec.id);
  let turn = 0;
  return ({ value, headers, key: said }) => {
    const key = keyPath === null ? said : textAt(value, keyPath);
    const around = (key?.length ?? 0) + headers.reduce((sum, h) => sum + h.key.length + (h.value?.length ?? 0), 0);
    if (around > AROUND_BYTES_MAX) return { refusal: tooMuchAround(around) };
    const placing = key ?? idOf({ value, headers });
    const partition = placing === null ? turn++ % partitions : partitionOf(placing, partitions);
    return { partition, record: { key, value, headers }, bytes: value.length + around };
  };
}

export function pathOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function idReader(id: RecordSpec["id"]): (record: Pick<Incoming, "value" | "headers">) => Uint8Array | null {
  if (id === null) return () => null;
  if (typeof id === "object") return ({ headers }) => headers.find((h) => h.key === id.header)?.value ?? null;
  const path = pathOf(id);
  return ({ value }) => textAt(value, path);
}

/** Null where there is nothing, or null: whether that may be is the gate's question. */
function textAt(value: Uint8Array, path: readonly string[]): Uint8Array | null {
  const found = valueInJson(value, { from: 0, to: value.length }, path);
  if (found === null || value[found.from] === 110) return null;
  return new TextEncoder().encode(textOfJson(value, found));
}

function tooMuchAround(bytes: number): Refusal {
  return {
    status: 413,
    problem: {
      code: "WEIR-3013",
      what: `key and headers of the record have ${bytes} bytes`,
      why: `at most ${AROUND_BYTES_MAX} are taken`,
      fix: "put what is large into the value",
    },
  };
}
