/** What a field holds: a whole number (exact below 2^53), or bytes: text, a message, a packed list, or a number of fixed size. */
export type FieldValue = number | Uint8Array;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Visits all fields of a protobuf message in their order. @throws {RangeError} if it is none */
export function eachField(message: Uint8Array, visit: (field: number, value: FieldValue) => void): void {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const tag = readVarint(message, cursor);
    const field = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === VARINT) {
      visit(field, readVarint(message, cursor));
      continue;
    }
    const size = wire === BYTES ? readVarint(message, cursor) : wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : -1;
    if (size < 0 || cursor.at + size > message.length) throw new RangeError(`field ${field} does not fit at byte ${cursor.at}`);
    visit(field, message.subarray(cursor.at, cursor.at + size));
    cursor.at += size;
  }
}

/** Visits the fields that hold bytes and steps over the others. @throws {RangeError} as above */
export function eachPart(message: Uint8Array, visit: (field: number, part: Uint8Array) => void): void {
  eachField(message, (field, value) => {
    if (typeof value !== "number") visit(field, value);
  });
}

/** The whole numbers of a packed list. @throws {RangeError} if it is none */
export function* varintsOf(packed: Uint8Array): Generator<number> {
  for (const cursor = { at: 0 }; cursor.at < packed.length;) yield readVarint(packed, cursor);
}

/** Up to 64 bits; lengths and tags are far below what a double holds exactly. */
function readVarint(message: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let scale = 1, read = 0; read < 10; scale *= 128, read++) {
    const byte = message[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw new RangeError(`no number at byte ${cursor.at}`);
}
