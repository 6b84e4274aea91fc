import { canonicalJson, WeirError, type Batch, type Problem } from "@weir/record";
import type { WriterSchemas } from "./avro/writers.ts";
import { allowsPointer, describeFields, type FieldInfo } from "./fields.ts";
import { joinProblems, schemaProblems } from "./problems.ts";
import { boundsOf, createReader, readerOf } from "./reader.ts";
import type { FieldRequest } from "./request.ts";
import type { ReaderOptions, RecordReader } from "./result.ts";
import { isSchema } from "./schema.ts";
import { createValidator } from "./validator.ts";
import { parseRecord } from "./values.ts";

/** A compiled contract: what records must look like, and how to get columns out of them. */
export interface Contract {
  readonly format: "json" | "avro";
  /** Digest of the schema with its keys sorted; null when no `sha256` was given. */
  readonly digest: string | null;
  /** Every field that the schema declares at a fixed place, parents before children. */
  readonly fields: readonly FieldInfo[];
  field(pointer: string): FieldInfo | null;
  /** May a valid record have something at the pointer? False only where the schema closes it out. */
  allows(pointer: string): boolean;
  reader(requests: readonly FieldRequest[]): RecordReader;
  /** For records that somebody has checked already: it decodes and picks fields. */
  unchecked(requests: readonly FieldRequest[]): RecordReader;
  /** The same with more members, by name and schema, that a record may have: of JSON in the value, of Avro in the header of predictions. */
  withMembers(members: Readonly<Record<string, unknown>>): Contract;
  /** The same within other bounds. */
  bounded(bounds: ReaderOptions): Contract;
  /**
   * The row's record as JSON would have it, for the rare path; undefined for a null value. Throws where the value cannot be decoded:
   * ask only for rows that a reader did not fail with DECODE.
   */
  parse(batch: Batch, row: number): unknown;
  /** What has to be known of the schemas that records were written with before they are read; null: nothing. */
  readonly writers: WriterSchemas | null;
}

export interface ContractOptions extends ReaderOptions {
  /** Hex digest of a text, for `Contract.digest`. */
  readonly sha256?: (text: string) => string;
}

/**
 * Compiles a JSON Schema 2020-12. Throws a WeirError that names every problem found: not a schema, keywords that would be
 * ignored, references to outside, patterns that cannot be matched in linear time.
 */
export function compileContract(schema: unknown, options: ContractOptions = {}): Contract {
  const [problem, ...more] = schemaProblems(schema);
  if (problem !== undefined) throw new WeirError(joinProblems([problem, ...more]));
  if (!isSchema(schema)) throw new WeirError(NOT_A_SCHEMA);
  const validator = createValidator(schema);
  const fields = describeFields(schema);
  const byPointer = new Map(fields.map((field) => [field.pointer, field]));
  const bounds = boundsOf(options);
  return {
    format: "json",
    writers: null,
    digest: options.sha256?.(canonicalJson(schema)) ?? null,
    fields,
    field: (pointer) => byPointer.get(pointer) ?? null,
    allows: (pointer) => allowsPointer(schema, pointer),
    reader: (requests) => readerOf(requests, { ...bounds, schema, validator }),
    unchecked: (requests) => createReader(requests),
    parse: parseRecord,
    bounded: (changed) => compileContract(schema, { ...options, ...changed }),
    withMembers: (members) =>
      compileContract({ ...asObject(schema), properties: { ...asObject(asObject(schema)["properties"]), ...members } }, options),
  };
}

const NOT_A_SCHEMA: Problem = { code: "WEIR-2101", what: "the contract is not a JSON Schema" };

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
