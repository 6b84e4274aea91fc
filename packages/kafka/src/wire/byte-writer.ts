/** From this size on, bytes are passed on to the socket as they are instead of being copied into the request. */
const SHARE_FROM_BYTES = 4096;

/**
 * Writes one request in Kafka's encoding. `flexible` switches to compact lengths and tagged fields, which every API has
 * from some version on. Large byte fields are not copied: the result is a list of parts.
 */
export class ByteWriter {
  readonly version: number;
  readonly flexible: boolean;
  #buffer = Buffer.allocUnsafe(512);
  #from = 0;
  #at = 0;
  readonly #parts: Uint8Array[] = [];

  constructor(version: number, flexible: boolean) {
    this.version = version;
    this.flexible = flexible;
  }

  int8(value: number): void {
    this.#room(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
  }

  int16(value: number): void {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#room(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  /** Exact up to 2^53. */
  int64(value: number): void {
    this.#room(8);
    this.#at = this.#buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), this.#at);
    this.#at = this.#buffer.writeUInt32BE(value >>> 0, this.#at);
  }

  unsignedVarint(value: number): void {
    this.#room(5);
    let rest = value >>> 0;
    while (rest > 127) {
      this.#buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  /** Length of a string (`wide` false), of bytes or of an array; -1 stands for null. */
  length(value: number, wide: boolean): void {
    if (this.flexible) this.unsignedVarint(value + 1);
    else if (wide) this.int32(value);
    else this.int16(value);
  }

  bytes(value: Uint8Array): void {
    if (value.length >= SHARE_FROM_BYTES) {
      this.#cut();
      this.#parts.push(value);
      return;
    }
    this.#room(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** The parts of the request, in order. */
  parts(): readonly Uint8Array[] {
    this.#cut();
    return this.#parts;
  }

  /** Everything as one piece; for small structures that are themselves a field. */
  joined(): Buffer {
    return Buffer.concat(this.parts());
  }

  #cut(): void {
    if (this.#at > this.#from) this.#parts.push(this.#buffer.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const bigger = Buffer.allocUnsafe(2 * (this.#at - this.#from + bytes) + 512);
    this.#buffer.copy(bigger, 0, this.#from, this.#at);
    this.#at -= this.#from;
    this.#from = 0;
    this.#buffer = bigger;
  }
}
