/** BrokerRegistrationChangeRecord, version 0, as Kafka's metadata log holds it: frame version, type, version, broker, epoch, tags. */
const CHANGE = [1, 17, 0];
const EPOCH_BYTES = 8;
/** One tag, number 0, one byte: the broker is fenced (1) or is not any more (-1). */
const FENCED = [1, 0, 1, 1];

/** Is the last thing that a metadata log says of a broker's place in the cluster that it is gone? */
export function saysFenced(log: Buffer, brokerId: number): boolean {
  const head = Buffer.from([...CHANGE, 0, 0, 0, 0]);
  head.writeInt32BE(brokerId, CHANGE.length);
  const at = log.lastIndexOf(head);
  if (at < 0) return false;
  const tags = at + head.length + EPOCH_BYTES;
  return FENCED.every((byte, i) => log[tags + i] === byte);
}
