/** A line as it was cut out of a stream. */
export interface Line {
  /** Without line feed and the carriage return before it; null where it is longer than it may be. */
  readonly bytes: Uint8Array | null;
  /** Bytes of the stream up to and with its line feed. */
  readonly end: number;
}

export interface LineCutter {
  /** Lines that end in this part; empty ones are passed over. */
  push(part: Buffer): Line[];
  /** What is left without a line feed; null where there is nothing. */
  rest(): Line | null;
}

/** Cuts a stream into lines and keeps of a line that is too long only that it was. */
export function createLineCutter(maxBytes: number): LineCutter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let isTooLong = false;
  let at = 0;
  const keep = (part: Buffer): void => {
    pendingBytes += part.length;
    if (pendingBytes > maxBytes + 1) isTooLong = true; // one more for a carriage return
    if (isTooLong) pending = [];
    else if (part.length > 0) pending.push(part);
  };
  const take = (): Uint8Array | null => {
    const whole = pending.length === 1 ? pending[0]! : Buffer.concat(pending); // it has one
    const line = whole.at(-1) === 13 ? whole.subarray(0, -1) : whole;
    const found = isTooLong || line.length > maxBytes ? null : line;
    [pending, pendingBytes, isTooLong] = [[], 0, false];
    return found;
  };
  return {
    push(part) {
      const lines: Line[] = [];
      let from = 0;
      for (let feed = part.indexOf(10); feed >= 0; feed = part.indexOf(10, from)) {
        const isEmpty = feed === from && pendingBytes === 0;
        if (!isEmpty) keep(part.subarray(from, feed));
        at += feed + 1 - from;
        from = feed + 1;
        if (!isEmpty) lines.push({ bytes: take(), end: at });
      }
      keep(part.subarray(from));
      at += part.length - from;
      return lines;
    },
    rest: () => (pendingBytes === 0 ? null : { bytes: take(), end: at }),
  };
}
