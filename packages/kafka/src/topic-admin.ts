import { WeirError } from "@weir/record";
import type { TopicSpec } from "@weir/stream";
import { brokerFailure, openLink, type Link, type LinkOptions } from "./connection/index.ts";
import { createTopics } from "./data-path/create-topics.ts";
import { CreatePartitions, DeleteTopics, DescribeConfigs, IncrementalAlterConfigs, knownError } from "./wire/index.ts";

/** A topic as it is. */
export interface TopicDescription {
  readonly partitions: number;
  /** Settings of the topic's own; what the broker defaults is not among them. */
  readonly configs: ReadonlyMap<string, string>;
}

/** What people do to topics: nothing of it is on the data path. */
export interface TopicAdmin extends AsyncDisposable {
  /** Topics that exist, by name. */
  describe(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>;
  create(topics: readonly TopicSpec[]): Promise<void>;
  /** Adds partitions: records of a key that come later may lie elsewhere than the earlier ones. */
  grow(name: string, partitions: number): Promise<void>;
  /** Sets these settings and leaves the others. */
  alter(name: string, configs: Readonly<Record<string, string>>): Promise<void>;
  /** With everything in them. */
  delete(names: readonly string[]): Promise<void>;
}

const TOPIC = 2;
const SET = 0;
/** A setting's source: the topic itself. */
const TOPICS_OWN = 1;
const DEADLINE_MS = 30_000;

export async function createTopicAdmin(options: LinkOptions): Promise<TopicAdmin> {
  const link = await openLink(options);
  return {
    describe: (names) => describe(link, names),
    create: (topics) => createTopics(link, topics),
    grow: async (name, count) => {
      const request = { topics: [{ name, count, assignments: null }], timeoutMs: DEADLINE_MS, validateOnly: false };
      const { results } = await link.call(await link.any(), CreatePartitions, request, { deadlineMs: DEADLINE_MS + 5000 });
      for (const { error, message } of results) if (error !== 0) throw refused(error, `adding partitions to ${name}`, message);
      await createTopics(link, [{ name, partitions: count }]); // waits for the leaders of the new ones
    },
    alter: async (name, configs) => {
      const changes = Object.entries(configs).map(([key, value]) => ({ name: key, operation: SET, value }));
      const request = { resources: [{ type: TOPIC, name, configs: changes }], validateOnly: false };
      const { results } = await link.call(await link.any(), IncrementalAlterConfigs, request);
      for (const { error, message } of results) if (error !== 0) throw refused(error, `changing settings of ${name}`, message);
    },
    delete: async (names) => {
      if (names.length === 0) return;
      const request = { names, timeoutMs: DEADLINE_MS };
      const { results } = await link.call(await link.any(), DeleteTopics, request, { deadlineMs: DEADLINE_MS + 5000 });
      for (const { name, error, message } of results) if (error !== 0) throw refused(error, `deleting ${name}`, message);
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

async function describe(link: Link, names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>> {
  const found = await link.topics(names, { fresh: true });
  if (found.size === 0) return new Map();
  const resources = [...found.keys()].map((name) => ({ type: TOPIC, name, keys: null }));
  const { results } = await link.call(await link.any(), DescribeConfigs, { resources, synonyms: false, documentation: false });
  return new Map(
    results.map(({ name, error, message, configs }) => {
      if (error !== 0) throw refused(error, `reading settings of ${name}`, message);
      const own = configs.filter((config) => config.source === TOPICS_OWN && config.value !== null);
      const partitions = found.get(name)?.leaders.length ?? 0;
      return [name, { partitions, configs: new Map(own.map((config) => [config.name, config.value ?? ""])) }] as const;
    }),
  );
}

function refused(error: number, what: string, message: string | null): Error {
  const known = knownError(error);
  if (known.kind !== "fatal") return brokerFailure(error, what, message);
  return new WeirError({
    code: "WEIR-7007",
    what: `Kafka refuses: ${what}`,
    why: `${known.name}: ${message ?? ""}`,
    fix: "correct name, partitions or settings of the topic in the pipeline file",
  });
}
