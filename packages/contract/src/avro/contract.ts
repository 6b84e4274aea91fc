import { canonicalJson, recordAt, WeirError, type Batch } from "@weir/record";
import type { Contract, ContractOptions } from "../contract.ts";
import type { Bounds } from "../exact.ts";
import { allowsPointer, describeFields } from "../fields.ts";
import { boundsOf } from "../reader.ts";
import { parseJson } from "../values.ts";
import { beginBytes, beginRecord, createCursor } from "./bytes.ts";
import { PREDICTION_HEADER } from "./carried.ts";
import { jsonSchemaOf, timesIn } from "./json-schema.ts";
import { defaultValue } from "./default.ts";
import { AvroFault, readPlain } from "./plain.ts";
import { avroReader } from "./reader.ts";
import { resolve } from "./resolve.ts";
import { parseAvroSchema, SchemaFault, type AvroRecord, type AvroType } from "./schema.ts";
import { createWriterSchemas, FRAME_BYTES, schemaIdAt, type WriterSchemas } from "./writers.ts";

interface Parts {
  readonly schema: AvroRecord;
  readonly digest: string | null;
  readonly bounds: Bounds;
  readonly writers: WriterSchemas;
  /** Members that come in the header of predictions, by name and JSON Schema. */
  readonly carried: Readonly<Record<string, unknown>>;
}

export interface AvroContractOptions extends ContractOptions {
  /** Shared with another contract over the same registry; absent: its own. */
  readonly writers?: WriterSchemas;
}

/**
 * Compiles an Avro schema, the text of an `.avsc` file, for records in Confluent's framing. Throws a WeirError where it is no schema
 * of a record or has a default that is none.
 */
export function compileAvroContract(text: string, options: AvroContractOptions = {}): Contract {
  const schema = parseContract(text);
  const digest = options.sha256?.(canonicalJson(JSON.parse(text))) ?? null;
  return contractOf({ schema, digest, bounds: boundsOf(options), writers: options.writers ?? createWriterSchemas(), carried: {} });
}

function contractOf(parts: Parts): Contract {
  const { schema, digest, bounds, writers, carried } = parts;
  const own = jsonSchemaOf(schema);
  const json = { ...own, properties: { ...Object(own["properties"]), ...carried } };
  const times = new Set(timesIn(schema));
  const fields = describeFields(json).map((field) => (times.has(field.pointer) ? { ...field, isTime: true } : field));
  const byPointer = new Map(fields.map((field) => [field.pointer, field]));
  const source = { ...bounds, type: schema, writers, carried: new Set(Object.keys(carried)) };
  return {
    format: "avro",
    digest,
    fields,
    writers,
    field: (pointer) => byPointer.get(pointer) ?? null,
    allows: (pointer) => allowsPointer(json, pointer),
    reader: (requests) => avroReader(requests, { ...source, checks: true }),
    unchecked: (requests) => avroReader(requests, { ...source, checks: false }),
    withMembers: (members) => contractOf({ ...parts, carried: { ...carried, ...members } }),
    bounded: (changed) => contractOf({ ...parts, bounds: boundsOf({ ...bounds, ...changed }) }),
    parse: (batch, row) => parseAvro(parts, batch, row),
  };
}

function parseContract(text: string): AvroRecord {
  try {
    const schema = parseAvroSchema([text]);
    if (schema.kind !== "record") throw new SchemaFault("", `a contract is a record, not ${schema.kind}`);
    checkDefaults(schema, new Set());
    return schema;
  } catch (error) {
    if (!(error instanceof SchemaFault)) throw error;
    throw new WeirError(
      {
        code: "WEIR-2107",
        what: "the contract is not a usable Avro schema",
        ...(error.where !== "" && { where: error.where }),
        why: error.message,
        fix: "correct the schema: a record, with every type that it names defined in it before it is used",
      },
      { cause: error },
    );
  }
}

/** Every default is a value of its field. */
function checkDefaults(type: AvroType, seen: Set<AvroType>): void {
  if (seen.has(type)) return;
  seen.add(type);
  if (type.kind === "array") checkDefaults(type.items, seen);
  else if (type.kind === "map") checkDefaults(type.values, seen);
  else if (type.kind === "union") for (const branch of type.branches) checkDefaults(branch, seen);
  else if (type.kind === "record") {
    for (const field of type.fields) {
      checkDefaults(field.type, seen);
      if (field.default !== undefined) checkDefault(field, type.name);
    }
  }
}

function checkDefault({ name, type, default: json }: AvroRecord["fields"][number], record: string): void {
  try {
    defaultValue(type, json);
  } catch (error) {
    throw error instanceof SchemaFault ? new SchemaFault(`field ${name} of ${record}`, error.message) : error;
  }
}

/** The record as JSON would have it, with the prediction that travels beside it. */
function parseAvro({ schema, bounds, writers, carried }: Parts, batch: Batch, row: number): unknown {
  const { value, headers } = recordAt(batch, row);
  if (value === null) return undefined;
  const id = schemaIdAt(value, 0, value.length);
  const writer = writers.get(id);
  if (writer === undefined || "why" in writer) throw new AvroFault(`the value has no schema that is known${id < 0 ? "" : ` (${id})`}`);
  const cursor = createCursor();
  beginBytes(cursor, value);
  beginRecord(cursor, FRAME_BYTES, value.length);
  const { value: record } = readPlain(cursor, resolve(writer.type, schema), bounds);
  const [name] = Object.keys(carried);
  const prediction = name === undefined ? undefined : headers.findLast((header) => header.key === PREDICTION_HEADER)?.value;
  return name === undefined || !prediction ? record : { ...Object(record), [name]: parseJson(prediction) };
}
