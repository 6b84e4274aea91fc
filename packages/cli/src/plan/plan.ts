import type { TopicPlan } from "@weir/pipeline";
import type { TopicAdmin, TopicDescription } from "@weir/kafka";

/** What a change does to what is there: nothing · a restart makes it hold · records are deleted or lie elsewhere than before. */
export type Effect = "safe" | "restart" | "data-affecting";

export interface Change {
  readonly topic: string;
  readonly what: "create" | "grow" | "alter";
  readonly effect: Effect;
  /** For people. */
  readonly detail: string;
  /** Only people can do it. */
  readonly refused?: string;
}

/** What is missing on the broker, or is otherwise than the pipeline wants it. */
export function planTopics(wanted: readonly TopicPlan[], found: ReadonlyMap<string, TopicDescription>): Change[] {
  return wanted.flatMap((topic) => {
    const there = found.get(topic.name);
    return there ? changesOf(topic, there) : [creation(topic)];
  });
}

function creation({ name, partitions, configs }: TopicPlan): Change {
  const settings = Object.entries(configs).map(([key, value]) => `${key}=${value}`);
  const detail = `${partitions} partition${partitions === 1 ? "" : "s"}${settings.length > 0 ? `, ${settings.join(", ")}` : ""}`;
  return { topic: name, what: "create", effect: "safe", detail };
}

function changesOf(wanted: TopicPlan, there: TopicDescription): Change[] {
  const changes: Change[] = [];
  const { name, partitions } = wanted;
  if (there.partitions < partitions) {
    changes.push({
      topic: name,
      what: "grow",
      effect: "data-affecting",
      detail: `${there.partitions} to ${partitions} partitions: later records of a key may lie elsewhere than earlier ones`,
    });
  }
  if (there.partitions > partitions) {
    changes.push({
      topic: name,
      what: "grow",
      effect: "data-affecting",
      detail: `${there.partitions} partitions, the pipeline says ${partitions}`,
      refused: "Kafka takes no partitions away: set partitions in the pipeline file to what is there, or make the topic anew",
    });
  }
  for (const [key, value] of Object.entries(wanted.configs)) {
    const now = there.configs.get(key);
    if (now === value) continue;
    const effect: Effect = deletes(key, value, now) ? "data-affecting" : "safe";
    changes.push({ topic: name, what: "alter", effect, detail: `${key}: ${now ?? "(broker's default)"} to ${value}` });
  }
  return changes;
}

/** Does the setting let the broker throw away what it keeps now? */
function deletes(key: string, value: string, now: string | undefined): boolean {
  if (key === "cleanup.policy") return true;
  if (key !== "retention.ms") return false;
  const [to, from] = [Number(value), now === undefined ? Infinity : Number(now)];
  return to >= 0 && (from < 0 || to < from);
}

/** Makes the topics what the pipeline wants; changes that only people can do are left. */
export async function applyChanges(
  admin: TopicAdmin,
  wanted: readonly TopicPlan[],
  changes: readonly Change[],
  options: { readonly replicationFactor?: number; readonly onDone: (change: Change) => void },
): Promise<void> {
  const planOf = new Map(wanted.map((topic) => [topic.name, topic]));
  for (const change of changes) {
    const topic = planOf.get(change.topic);
    if (!topic || change.refused !== undefined) continue;
    const { name, partitions, configs } = topic;
    const { replicationFactor } = options;
    if (change.what === "create")
      await admin.create([{ name, partitions, configs, ...(replicationFactor !== undefined && { replicationFactor }) }]);
    if (change.what === "grow") await admin.grow(name, partitions);
    if (change.what === "alter") await admin.alter(name, configs);
    options.onDone(change);
  }
}
