import { randomUUID } from "node:crypto";
import { RetriableError } from "@weir/record";
import type { GroupListener, GroupOptions, Membership } from "@weir/stream";
import type { Link } from "../connection/index.ts";
import { ConsumerGroupHeartbeat } from "../wire/index.ts";
import { ClassicMember } from "./classic.ts";
import { ConsumerMember } from "./consumer-group-heartbeat.ts";
import { DEFAULT_TIMES, type GroupTimes } from "./times.ts";

export type GroupProtocol = "consumer" | "classic";

/**
 * Joins a group; resolves as soon as the group knows us, which says nothing yet of lanes. `memberId` makes the place a
 * slot: whoever comes with the same id takes it over at once.
 * @throws {WeirError} where the group refuses us for good (WEIR-7008, rights WEIR-7003), {RetriableError} where no coordinator answers in time
 * or before it is `cancelled`.
 */
export function joinGroup(
  link: Link,
  options: GroupOptions,
  listener: GroupListener,
  times: GroupTimes = DEFAULT_TIMES,
  protocol: GroupProtocol = protocolOf(link),
): Promise<Membership> {
  if (protocol === "classic") return startUnlessCancelled(new ClassicMember(link, options, listener, times), options);
  const member = new ConsumerMember(
    link,
    { ...options, memberId: options.memberId ?? `weir-${randomUUID()}` },
    listener,
    times,
    options.memberId !== undefined,
  );
  return startUnlessCancelled(member, options);
}

async function startUnlessCancelled(member: ClassicMember | ConsumerMember, { group, cancelled }: GroupOptions): Promise<Membership> {
  const started = member.start();
  if (cancelled === undefined) return started;
  const first = await Promise.race([started, cancelled]);
  if (first) return first;
  started.catch(() => {}); // nobody waits for it
  await member.leave(); // the group may know us by now
  throw new RetriableError("CANCELLED", `told to stop before the group ${group} had answered`);
}

/** All processes of a group find the same: a cluster can list the heartbeat and still have the feature switched off. */
export function protocolOf(link: Link): GroupProtocol {
  return (link.features.get("group.version") ?? 0) >= 1 && link.supports(ConsumerGroupHeartbeat, 1) ? "consumer" : "classic";
}
