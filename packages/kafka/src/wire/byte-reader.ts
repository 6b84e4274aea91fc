/** Reads one answer. Every read beyond the end throws a RangeError: the answer was cut off or is not what we think. */
export class ByteReader {
  readonly version: number;
  readonly flexible: boolean;
  readonly buffer: Buffer;
  at = 0;

  constructor(buffer: Buffer, version: number, flexible: boolean) {
    this.buffer = buffer;
    this.version = version;
    this.flexible = flexible;
  }

  int8(): number {
    return this.buffer.readInt8(this.skip(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.skip(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.skip(4));
  }

  /** Exact up to 2^53. */
  int64(): number {
    const at = this.skip(8);
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.buffer.readUInt8(this.skip(1));
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new RangeError(`no varint before byte ${this.at}`);
  }

  /** -1: null. */
  length(wide: boolean): number {
    if (this.flexible) return this.unsignedVarint() - 1;
    return wide ? this.int32() : this.int16();
  }

  bytes(length: number): Buffer {
    const at = this.skip(length);
    return this.buffer.subarray(at, at + length);
  }

  text(length: number): string {
    const at = this.skip(length);
    return this.buffer.toString("utf8", at, at + length);
  }

  skip(bytes: number): number {
    const at = this.at;
    if (bytes < 0 || at + bytes > this.buffer.length) throw new RangeError(`${bytes} bytes at ${at} of ${this.buffer.length}`);
    this.at = at + bytes;
    return at;
  }
}
