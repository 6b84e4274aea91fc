import { randomUUID } from "node:crypto";
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
 * @throws {WeirError} where the group refuses us for good (WEIR-7008, rights WEIR-7003), {RetriableError} where no coordinator answers in time.
 */
export function joinGroup(
  link: Link,
  options: GroupOptions,
  listener: GroupListener,
  times: GroupTimes = DEFAULT_TIMES,
  protocol: GroupProtocol = protocolOf(link),
): Promise<Membership> {
  if (protocol === "classic") return new ClassicMember(link, options, listener, times).start();
  return new ConsumerMember(
    link,
    { ...options, memberId: options.memberId ?? `weir-${randomUUID()}` },
    listener,
    times,
    options.memberId !== undefined,
  ).start();
}

/** All processes of a group find the same: a cluster can list the heartbeat and still have the feature switched off. */
export function protocolOf(link: Link): GroupProtocol {
  return (link.features.get("group.version") ?? 0) >= 1 && link.supports(ConsumerGroupHeartbeat, 1) ? "consumer" : "classic";
}
