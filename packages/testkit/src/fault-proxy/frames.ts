/** What the header of a request tells. */
export interface FrameHeader {
  readonly api: string;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string;
}

const NAMES: Readonly<Record<number, string>> = {
  0: "Produce",
  1: "Fetch",
  2: "ListOffsets",
  3: "Metadata",
  8: "OffsetCommit",
  9: "OffsetFetch",
  10: "FindCoordinator",
  11: "JoinGroup",
  12: "Heartbeat",
  13: "LeaveGroup",
  14: "SyncGroup",
  17: "SaslHandshake",
  18: "ApiVersions",
  19: "CreateTopics",
  22: "InitProducerId",
  24: "AddPartitionsToTxn",
  25: "AddOffsetsToTxn",
  26: "EndTxn",
  28: "TxnOffsetCommit",
  36: "SaslAuthenticate",
  68: "ConsumerGroupHeartbeat",
};
const LENGTH_BYTES = 4;
const MAX_FRAME_BYTES = 128 * 1024 * 1024;

/** Cuts a stream of bytes into Kafka's frames, their length field included. Throws at what cannot be one. */
export function frameCutter(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let have = 0;
  /** Of the frame that is coming in; -1 while its length is not there. */
  let whole = -1;
  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    while (have >= (whole < 0 ? LENGTH_BYTES : whole)) {
      const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, have); // length 1
      parts = [bytes];
      if (whole < 0) {
        whole = LENGTH_BYTES + bytes.readInt32BE(0);
        if (whole < 2 * LENGTH_BYTES || whole > MAX_FRAME_BYTES) throw new Error(`a frame of ${whole} bytes`);
        continue;
      }
      parts = have > whole ? [bytes.subarray(whole)] : [];
      const frame = bytes.subarray(0, whole);
      have -= whole;
      whole = -1;
      onFrame(frame);
    }
  };
}

export function requestHeader(frame: Buffer): FrameHeader {
  const key = frame.readInt16BE(4);
  const idLength = frame.length >= 14 ? frame.readInt16BE(12) : -1;
  return {
    api: NAMES[key] ?? `api-${key}`,
    version: frame.readInt16BE(6),
    correlationId: frame.readInt32BE(8),
    clientId: idLength > 0 ? frame.toString("utf8", 14, 14 + idLength) : "",
  };
}

/** Which request a frame of the broker answers. */
export function answeredBy(frame: Buffer): number {
  return frame.readInt32BE(4);
}
