export type JsonType = "string" | "number" | "integer" | "boolean" | "null" | "object" | "array";

/** What the schema says of one field. */
export interface FieldInfo {
  readonly pointer: string;
  /** Types that a valid value may have; empty when the schema does not say. */
  readonly types: readonly JsonType[];
  /** Is it in every valid record? (It and all its parents are required.) */
  readonly required: boolean;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}
