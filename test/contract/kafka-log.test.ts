import { describe, inject } from "vitest";
import { createKafkaLog } from "@weir/kafka";
import { openLink, type Link } from "../../packages/kafka/src/connection/index.ts";
import { TransactionalId } from "../../packages/kafka/src/data-path/transactional-id.ts";
import { DEFAULT_TIMES } from "../../packages/kafka/src/membership/times.ts";
import { joinGroup, protocolOf, type GroupProtocol } from "../../packages/kafka/src/membership/join-group.ts";
import { ConsumerGroupHeartbeat, LeaveGroup } from "../../packages/kafka/src/wire/index.ts";
import type { Log } from "@weir/stream";
import { describeLog } from "./log.contract.ts";
import type { LogUnderTest } from "./log-under-test.ts";

const address = inject("kafka") ?? process.env["WEIR_TEST_BROKER"];

if (address === undefined) {
  console.warn("skipped: the contract of the log on Kafka needs a broker (WEIR_TEST_BROKER=host:port)");
  describe.skip("the log on Kafka: no broker", () => undefined);
} else {
  describeLog("the log on Kafka, members by KIP-848", () => createLog(address, "consumer"));
  describeLog("the log on Kafka, members by the classic protocol", () => createLog(address, "classic"));
}

async function createLog(broker: string, protocol: GroupProtocol): Promise<LogUnderTest> {
  const open: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(resource: T): T => {
    open.push(resource);
    return resource;
  };
  const link = keep(await openLink({ brokers: [broker], clientId: "contract-harness" }));
  if (protocol === "consumer" && protocolOf(link) !== "consumer") throw new Error("this broker does not speak KIP-848");
  /** A connection of its own for each, as for processes of their own. */
  const another = async (): Promise<Log> => {
    const log = keep(await createKafkaLog({ brokers: [broker], clientId: "contract" }));
    const own = keep(await openLink({ brokers: [broker], clientId: "contract-member" }));
    return { ...log, join: (options, listener) => joinGroup(own, options, listener, DEFAULT_TIMES, protocol) };
  };
  return {
    log: await another(),
    another,
    forget: (group, memberId) => (protocol === "classic" ? leaveClassic(link, group, memberId) : leaveConsumer(link, group, memberId)),
    async stageOffsets(transactionalId, membership, positions) {
      const id = new TransactionalId(link, transactionalId, 15_000);
      await id.init();
      const topics = positions.map((p) => ({ name: p.topic, partitions: [{ partition: p.partition, offset: p.offset }] }));
      await id.commitOffsets(membership, topics);
      return (isCommitted) => id.end(isCommitted);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((resource) => resource[Symbol.asyncDispose]()));
    },
  };
}

/** The good-bye that the member never said itself. */
async function leaveConsumer(link: Link, group: string, memberId: string): Promise<void> {
  const { error } = await link.toCoordinator("group", group, ConsumerGroupHeartbeat, {
    group,
    memberId,
    memberEpoch: -1,
    instanceId: null,
    rack: null,
    rebalanceTimeoutMs: -1,
    topics: null,
    topicPattern: null,
    assignor: null,
    owned: null,
  });
  if (error !== 0) throw new Error(`the group did not let ${memberId} go: ${error}`);
}

async function leaveClassic(link: Link, group: string, memberId: string): Promise<void> {
  const { error } = await link.toCoordinator("group", group, LeaveGroup, {
    group,
    memberId,
    members: [{ memberId, instanceId: null, reason: null }],
  });
  if (error !== 0) throw new Error(`the group did not let ${memberId} go: ${error}`);
}
