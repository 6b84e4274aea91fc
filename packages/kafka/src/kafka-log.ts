import type { Log } from "@weir/stream";
import { openLink, type LinkOptions, type SocketKind } from "./connection/index.ts";
import { createTopics } from "./data-path/create-topics.ts";
import { createFetcher } from "./data-path/fetcher.ts";
import { readBounds, readCommitted, readMarks, writeMarks } from "./data-path/offsets.ts";
import { createProducer } from "./data-path/producer.ts";
import { joinGroup } from "./membership/index.ts";
import { loadCodecs } from "./record-batch/index.ts";

export type KafkaLogOptions = LinkOptions;

/**
 * Connects to a Kafka cluster.
 * @throws {WeirError} with exit code 4 where no broker answers (WEIR-7001) or the login is refused (WEIR-7002).
 */
export async function createKafkaLog(options: KafkaLogOptions): Promise<Log> {
  const [link, codecs] = await Promise.all([openLink(options), loadCodecs()]);
  const takeSocketKind = createSocketKinds();
  return {
    async partitions(topics) {
      const found = await link.topics(topics, { fresh: true });
      return new Map([...found].map(([name, info]) => [name, info.leaders.length]));
    },
    createTopics: (topics) => createTopics(link, topics),
    join: (group, listener) => joinGroup(link, group, listener),
    committed: (group, lanes, member) => readCommitted(link, group, lanes, member),
    marked: (group, lanes, member) => readMarks(link, group, lanes, member),
    mark: (member, marks) => writeMarks(link, member, marks),
    bounds: (lanes) => readBounds(link, lanes),
    fetcher: (fetchOptions = {}) => createFetcher({ link, codecs, options: fetchOptions, ...takeSocketKind() }),
    producer: (producerOptions) => createProducer(link, producerOptions),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

/** Numbers connections for fetchers; a number that was given back is used again, and its connection with it. */
function createSocketKinds(): () => { kind: SocketKind; release: () => void } {
  const taken = new Set<number>();
  return () => {
    let number = 0;
    while (taken.has(number)) number++;
    taken.add(number);
    return { kind: `fetch-${number}`, release: () => void taken.delete(number) };
  };
}
