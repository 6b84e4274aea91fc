import type { Lane } from "@weir/record";
import { array, ByteReader, ByteWriter, int16, int32, nullableBytes, struct, text, type Field } from "../wire/index.ts";
import type { Claim } from "./assignor.ts";
import { byTopic } from "./owned-lanes.ts";

/** What members of a classic group tell one another through the broker, in the layout of Kafka's own consumers. */
const lanes = array(struct({ topic: text, partitions: array(int32) }));
const subscription = struct({ topics: array(text), userData: nullableBytes, owned: lanes, generation: int32 });
const assignment = struct({ assigned: lanes, userData: nullableBytes });
const SUBSCRIPTION_VERSION = 2;
const ASSIGNMENT_VERSION = 0;

export function writeSubscription(claim: Omit<Claim, "memberId">): Uint8Array {
  return pack(subscription, SUBSCRIPTION_VERSION, {
    topics: claim.topics,
    userData: null,
    owned: group(claim.owned),
    generation: claim.generation,
  });
}

export function readSubscription(memberId: string, bytes: Uint8Array): Claim {
  const { topics, owned, generation } = unpack(subscription, bytes);
  return { memberId, topics, owned: flatten(owned), generation };
}

export function writeAssignment(lanesOfMember: readonly Lane[]): Uint8Array {
  return pack(assignment, ASSIGNMENT_VERSION, { assigned: group(lanesOfMember), userData: null });
}

/** An empty one means nothing is ours. */
export function readAssignment(bytes: Uint8Array): readonly Lane[] {
  return bytes.length === 0 ? [] : flatten(unpack(assignment, bytes).assigned);
}

function group(list: readonly Lane[]): { topic: string; partitions: readonly number[] }[] {
  return [...byTopic(list)].map(([topic, partitions]) => ({ topic, partitions }));
}

function flatten(topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): Lane[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

function pack<T>(field: Field<T>, version: number, value: T): Uint8Array {
  const writer = new ByteWriter(version, false);
  int16.write(writer, version);
  field.write(writer, value);
  return Buffer.concat(writer.parts());
}

function unpack<T>(field: Field<T>, bytes: Uint8Array): T {
  const reader = new ByteReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, false);
  int16.read(reader);
  return field.read(reader);
}
