import { brokerFailure, openLink } from "../../../packages/kafka/src/connection/index.ts";
import { api } from "../../../packages/kafka/src/wire/api.ts";
import {
  array,
  boolean,
  int16,
  int32,
  int64,
  nullableArray,
  nullableText,
  struct,
  text,
  uuid,
} from "../../../packages/kafka/src/wire/field.ts";
import { NO_UUID } from "../../../packages/kafka/src/wire/index.ts";

const DeleteRecords = api(
  "DeleteRecords",
  21,
  [2, 2],
  2,
  { topics: array(struct({ name: text, partitions: array(struct({ partition: int32, offset: int64 })) })), timeoutMs: int32 },
  {
    throttle: int32,
    topics: array(struct({ name: text, partitions: array(struct({ partition: int32, lowWatermark: int64, error: int16 })) })),
  },
);
const DeleteTopics = api(
  "DeleteTopics",
  20,
  [6, 6],
  4,
  { topics: array(struct({ name: nullableText, topicId: uuid })), timeoutMs: int32 },
  { throttle: int32, topics: array(struct({ name: nullableText, topicId: uuid, error: int16, message: nullableText })) },
);
const CreatePartitions = api(
  "CreatePartitions",
  37,
  [2, 3],
  2,
  {
    topics: array(struct({ name: text, count: int32, assignments: nullableArray(struct({ brokers: array(int32) })) })),
    timeoutMs: int32,
    validateOnly: boolean,
  },
  { throttle: int32, topics: array(struct({ name: text, error: int16, message: nullableText })) },
);
const TIMEOUT_MS = 10_000;

/** What an administrator does to topics while pipelines run. */
export interface TopicAdmin extends AsyncDisposable {
  /** As retention would: the log of the partition begins there. */
  deleteRecords(topic: string, partition: number, before: number): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  addPartitions(topic: string, count: number): Promise<void>;
}

export async function openTopicAdmin(address: string): Promise<TopicAdmin> {
  const link = await openLink({ brokers: [address], clientId: "topic-admin" });
  const check = (what: string, answers: readonly { readonly error: number }[]): void => {
    for (const { error } of answers) if (error !== 0) throw brokerFailure(error, what);
  };
  return {
    deleteRecords: async (name, partition, offset) => {
      const topics = [{ name, partitions: [{ partition, offset }] }];
      const answer = await link.call(await link.any(), DeleteRecords, { topics, timeoutMs: TIMEOUT_MS });
      check(`DeleteRecords of ${name}`, answer.topics.flatMap((t) => t.partitions)); // prettier-ignore
    },
    deleteTopic: async (name) => {
      const answer = await link.call(await link.any(), DeleteTopics, { topics: [{ name, topicId: NO_UUID }], timeoutMs: TIMEOUT_MS });
      check(`DeleteTopics of ${name}`, answer.topics);
    },
    addPartitions: async (name, count) => {
      const topics = [{ name, count, assignments: null }];
      const answer = await link.call(await link.any(), CreatePartitions, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false });
      check(`CreatePartitions of ${name}`, answer.topics);
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
