import type { RunnerOptions } from "./options.ts";
import { createWriting, type Writing } from "./writing.ts";

/** How the runner writes, as its options say. */
export function writingOf({
  links,
  group,
  idsOf,
  entryTopic = null,
  code,
  topics,
  minimalHeaders,
  keepTimestamps,
  hash,
  clock,
}: RunnerOptions): Writing {
  return createWriting({
    links,
    group,
    entry: idsOf !== null,
    entryTopic,
    ...(code !== undefined && { code }),
    verdictsTopic: topics.verdicts,
    minimalHeaders,
    keepTimestamps,
    hash,
    now: () => clock.now(),
  });
}
