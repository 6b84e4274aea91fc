/** A column that the model reads: a field of the record and the type that it is read as. */
export interface ColumnRequest {
  /** JSON pointer */
  readonly pointer: string;
  readonly as: "number" | "string" | "boolean" | "time" | "vector";
  /** Of a vector: numbers a record. */
  readonly width?: number;
}

/** The name of the column among a batch's columns. */
export function requestKey(request: Pick<ColumnRequest, "pointer" | "as">): string {
  return `${request.as} ${request.pointer}`;
}

/** A member's name as a part of a JSON pointer. */
export function pointerPart(member: string): string {
  return member.replace(/~/g, "~0").replace(/\//g, "~1");
}
