/** The columns of a batch while it is being read. */
export interface Rows {
  readonly offset: Float64Array;
  readonly timestamp: Float64Array;
  readonly keyAt: Int32Array;
  readonly keyLength: Int32Array;
  readonly valueAt: Int32Array;
  readonly valueLength: Int32Array;
  readonly headersAt: Int32Array;
  readonly headersLength: Int32Array;
  readonly headerCount: Int32Array;
}

export function createRows(count: number): Rows {
  const ints = (): Int32Array => new Int32Array(count);
  return {
    offset: new Float64Array(count),
    timestamp: new Float64Array(count),
    keyAt: ints(),
    keyLength: ints(),
    valueAt: ints(),
    valueLength: ints(),
    headersAt: ints(),
    headersLength: ints(),
    headerCount: ints(),
  };
}

export interface RowSource {
  readonly at: number;
  readonly end: number;
  readonly count: number;
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  readonly appendedAt: number;
}

/**
 * Fills rows from `row` on with the records of one batch, without those below `from`; gives the number of the next row.
 * One function on purpose: this loop reads every record that goes through Weir.
 * @throws {RangeError} when the lengths inside do not fit together.
 */
export function readRows(bytes: Uint8Array, source: RowSource, from: number, rows: Rows, row: number): number {
  const { end, count, baseOffset, baseTimestamp, appendedAt } = source;
  let at = source.at;
  for (let i = 0; i < count; i++) {
    // Every `!` below: a read beyond the end gives undefined, which counts as 0 and ends a varint; the check behind finds it.
    let byte = bytes[at++]!;
    let n = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) n |= ((byte = bytes[at++]!) & 127) << shift;
    const recordEnd = at + (n >>> 1);
    if (n & 1 || recordEnd > end) throw new RangeError(`a record of ${(n >>> 1) ^ -(n & 1)} bytes at ${at}`);
    at++; // attributes, unused
    byte = bytes[at++]!;
    let timestamp = baseTimestamp;
    if (byte <= 127) timestamp += (byte >>> 1) ^ -(byte & 1);
    else {
      let delta = byte & 127; // up to ten bytes: doubles instead of bits
      for (let scale = 128; byte > 127; scale *= 128) delta += ((byte = bytes[at++]!) & 127) * scale;
      timestamp += delta % 2 === 0 ? delta / 2 : -(delta + 1) / 2;
    }
    byte = bytes[at++]!;
    n = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) n |= ((byte = bytes[at++]!) & 127) << shift;
    const offset = baseOffset + (n >>> 1);
    byte = bytes[at++]!;
    n = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) n |= ((byte = bytes[at++]!) & 127) << shift;
    const keyLength = (n >>> 1) ^ -(n & 1);
    const keyAt = at;
    if (keyLength > 0) at += keyLength;
    byte = bytes[at++]!;
    n = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) n |= ((byte = bytes[at++]!) & 127) << shift;
    const valueLength = (n >>> 1) ^ -(n & 1);
    const valueAt = at;
    if (valueLength > 0) at += valueLength;
    byte = bytes[at++]!;
    n = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) n |= ((byte = bytes[at++]!) & 127) << shift;
    if (at > recordEnd || n & 1 || keyLength < -1 || valueLength < -1)
      throw new RangeError(`lengths inside the record before ${recordEnd}`);
    if (offset >= from) {
      rows.offset[row] = offset;
      rows.timestamp[row] = appendedAt < 0 ? timestamp : appendedAt;
      rows.keyAt[row] = keyAt;
      rows.keyLength[row] = keyLength;
      rows.valueAt[row] = valueAt;
      rows.valueLength[row] = valueLength;
      rows.headersAt[row] = at;
      rows.headersLength[row] = recordEnd - at;
      rows.headerCount[row] = n >>> 1;
      row++;
    }
    at = recordEnd;
  }
  if (at !== end) throw new RangeError(`${end - at} bytes behind the last record`);
  return row;
}
