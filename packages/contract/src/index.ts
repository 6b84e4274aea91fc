export { columnKey, type FieldRequest } from "./request.ts";
export type { ReadFailure, ReadResult, ReaderOptions, RecordReader, Violation } from "./result.ts";
export { compileContract, type Contract, type ContractOptions } from "./contract.ts";
export { compileAvroContract, type AvroContractOptions } from "./avro/contract.ts";
export { createWriterSchemas, schemaIdsIn, type FoundSchema, type SchemaSource, type WriterSchemas } from "./avro/writers.ts";
export { PREDICTION_HEADER } from "./avro/carried.ts";
export type { FieldInfo, JsonType } from "./fields.ts";
export { fieldTypesOf } from "./field-types.ts";
export { createReader } from "./reader.ts";
export { parseRecord } from "./values.ts";
export {
  walkJson,
  itemsOfArray,
  valueInJson,
  membersOfJson,
  textOfJson,
  type JsonFault,
  type JsonItem,
  type JsonRange,
} from "./json-text.ts";
export { CONTRACT_CODES } from "./codes.ts";
