/** A partition of which a rule lets its stage take in nothing more. */
export interface StoppedStage {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  /** `pause` goes on by itself, at `until`. */
  readonly action: "pause" | "halt";
  readonly rule: string;
  readonly owner: string;
  readonly verdict: string;
  /** First offset that waits. */
  readonly next: number;
  /** In milliseconds since 1970. */
  readonly since: number;
  readonly until: number | null;
}

/** What stands still, from what owners are told of one pipeline. */
export interface StopsView {
  /** One record of the alerts topic; others than those of stops are left out. */
  apply(text: string): void;
  /** The oldest first. */
  list(): readonly StoppedStage[];
}

export function createStopsView(pipeline: string): StopsView {
  const standing = new Map<string, StoppedStage>();
  return {
    apply: (text) => {
      const told = parseStop(text);
      if (told === null || told.pipeline !== pipeline) return;
      const key = `${told.stop.stage}/${told.stop.topic}/${told.stop.partition}`;
      if (told.state === "firing") standing.set(key, told.stop);
      else standing.delete(key);
    },
    list: () => [...standing.values()].sort((a, b) => a.since - b.since),
  };
}

interface ToldStop {
  readonly pipeline: string;
  readonly state: string;
  readonly stop: StoppedStage;
}

function parseStop(text: string): ToldStop | null {
  const value = parsed(text);
  if (value?.["alertname"] !== "StageStopped") return null;
  const { pipeline, state, stage, topic, partition, action, rule, owner, verdict, next, since, until } = value;
  const texts = [pipeline, state, stage, topic, rule, owner, verdict].filter((each) => typeof each === "string");
  if (texts.length < 7 || (action !== "pause" && action !== "halt")) return null;
  if (typeof partition !== "number" || typeof next !== "number" || typeof since !== "number") return null;
  return {
    pipeline: String(pipeline),
    state: String(state),
    stop: {
      stage: String(stage),
      topic: String(topic),
      partition,
      action,
      rule: String(rule),
      owner: String(owner),
      verdict: String(verdict),
      next,
      since,
      until: typeof until === "number" ? until : null,
    },
  };
}

/** What is no JSON object is nothing: the topic is open to others. */
export function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}
