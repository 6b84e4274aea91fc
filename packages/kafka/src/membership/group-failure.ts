import { WeirError } from "@weir/record";
import { brokerFailure, replaced } from "../connection/index.ts";
import { knownError } from "../wire/index.ts";

const REASONS: ReadonlyMap<number, readonly [why: string, fix: string]> = new Map([
  [
    23,
    [
      "the other members speak another protocol or assignor",
      "let all processes of the group run the same version of Weir; no other consumer may use the group",
    ],
  ],
  [24, ["the name of the group is not allowed", "give the pipeline another name"]],
  [
    26,
    [
      "the broker does not take our session time",
      "set group.min.session.timeout.ms of the brokers to 10000 or less, group.max.session.timeout.ms to more",
    ],
  ],
  [
    35,
    [
      "the brokers have the new group protocol switched off",
      "finalize group.version 1, or let all processes start again: they then choose the classic protocol",
    ],
  ],
  [42, ["the broker takes our request for malformed", "check that the broker is Kafka 3.9 or newer; if so, this is a bug of Weir"]],
  [81, ["the group is full", "raise group.max.size or group.consumer.max.size of the brokers, or start fewer processes"]],
  [82, ["another process joined under the same instance id", "give every process a slot of its own (WEIR_SLOT)"]],
  [112, ["the brokers do not offer the assignor `range`", "add it to group.consumer.assignors of the brokers"]],
]);

/** The group says no for good: repeating does not help. */
export function groupFailure(code: number, group: string, detail: string | null, topics: readonly string[]): Error {
  const known = knownError(code);
  if (known.name === "TOPIC_AUTHORIZATION_FAILED")
    return brokerFailure(code, `group ${group}, one of the topics ${topics.join(", ")}`, detail);
  if (known.kind === "rights") return brokerFailure(code, `group ${group}`, detail);
  const [why, fix] = REASONS.get(code) ?? ["Weir does not know this answer", "look up the error code in Kafka's protocol guide"];
  return new WeirError(
    {
      code: "WEIR-7008",
      what: `the group ${group} refuses this process: ${known.name} (${code})`,
      where: `group ${group}`,
      why: detail === null || detail === "" ? why : `${why}: ${detail}`,
      fix,
    },
    { exitCode: 4 },
  );
}

export function slotTaken(group: string, memberId: string, code: number): WeirError {
  return replaced(`group ${group}: ${knownError(code).name} (${code}) for the member ${memberId}`);
}
