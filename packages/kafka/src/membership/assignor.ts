import { laneKey, type Lane } from "@weir/record";

/** What a member of a classic group says of itself when it joins. */
export interface Claim {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly owned: readonly Lane[];
  /** Generation in which it got them; of two claims the newer counts. */
  readonly generation: number;
}

/**
 * Sticky, cooperative, and partition p of all topics with one member, because its state is there. Members keep what they
 * have up to their share; lanes that another member still holds are given to nobody until they have been handed back,
 * which makes the next round.
 */
export function assignLanes(partitions: ReadonlyMap<string, number>, claims: readonly Claim[]): ReadonlyMap<string, readonly Lane[]> {
  const holders = holdersOf(claims);
  const owners = sharePartitions(Math.max(0, ...partitions.values()), claims, holders);
  const result = new Map<string, Lane[]>(claims.map((c) => [c.memberId, []]));
  for (const [topic, count] of partitions) {
    const readers = claims
      .filter((c) => c.topics.includes(topic))
      .map((c) => c.memberId)
      .sort();
    for (let partition = 0; partition < count && readers.length > 0; partition++) {
      const wanted = owners[partition] ?? "";
      const owner = readers.includes(wanted) ? wanted : readers[partition % readers.length]!; // readers is not empty
      const holder = holders.get(laneKey({ topic, partition }));
      if (holder === undefined || holder === owner) result.get(owner)?.push({ topic, partition });
    }
  }
  return result;
}

/** Who holds each lane by now. */
function holdersOf(claims: readonly Claim[]): ReadonlyMap<string, string> {
  const holders = new Map<string, string>();
  for (const claim of [...claims].sort((a, b) => a.generation - b.generation)) {
    for (const lane of claim.owned) holders.set(laneKey(lane), claim.memberId);
  }
  return holders;
}

/** A member for every partition number: whoever holds it already, up to an even share, then whoever has room. */
function sharePartitions(count: number, claims: readonly Claim[], holders: ReadonlyMap<string, string>): readonly string[] {
  const held = new Map(claims.map((c) => [c.memberId, partitionsHeld(c, holders)]));
  const sizeOf = (memberId: string): number => held.get(memberId)?.length ?? 0;
  const order = claims.map((c) => c.memberId).sort((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1));
  const room = new Map(order.map((m, i) => [m, Math.floor(count / order.length) + (i < count % order.length ? 1 : 0)]));
  const owners = Array.from({ length: count }, () => "");
  const give = (partition: number, memberId: string): void => {
    owners[partition] = memberId;
    room.set(memberId, (room.get(memberId) ?? 0) - 1);
  };
  for (const memberId of order) {
    for (const partition of held.get(memberId) ?? []) {
      if (partition < count && owners[partition] === "" && (room.get(memberId) ?? 0) > 0) give(partition, memberId);
    }
  }
  for (let partition = 0; partition < count; partition++) {
    const next = owners[partition] === "" ? order.find((m) => (room.get(m) ?? 0) > 0) : undefined;
    if (next !== undefined) give(partition, next);
  }
  return owners;
}

function partitionsHeld(claim: Claim, holders: ReadonlyMap<string, string>): readonly number[] {
  const mine = claim.owned.filter((lane) => holders.get(laneKey(lane)) === claim.memberId).map((lane) => lane.partition);
  return [...new Set(mine)].sort((a, b) => a - b);
}
