/** How far a file was read. */
export interface FilePosition {
  /** Records taken. */
  readonly records: number;
  /** Bytes of the unpacked content that they and what lies between them have. */
  readonly bytes: number;
  /** SHA-256 of the first `headBytes` of the content, hex: a file of the same name with another beginning is another file. */
  readonly head: string;
  readonly headBytes: number;
  /** Version of the file of which everything was taken; null while there is more. */
  readonly whole: string | null;
}

export const START: FilePosition = { records: 0, bytes: 0, head: "", headBytes: 0, whole: null };

/** Bytes of the head that tells files apart. */
export const HEAD_BYTES = 1024;

export function parsePosition(text: string | undefined): FilePosition {
  if (text === undefined) return START;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return START;
  const { records, bytes, head, headBytes, whole } = { ...START, ...value };
  return {
    records: Number(records),
    bytes: Number(bytes),
    head: String(head),
    headBytes: Number(headBytes),
    whole: whole === null ? null : String(whole),
  };
}
