export { columnKey, parsePointer, type FieldRequest } from "./request.ts";
export type { ReadFailure, ReadResult, ReaderOptions, RecordReader, Violation } from "./result.ts";
export type { Contract, ContractOptions } from "./contract.ts";
export type { FieldInfo, JsonType } from "./fields.ts";
