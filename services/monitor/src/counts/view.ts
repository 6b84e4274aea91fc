import type { Execution } from "@weir/stream";

/** What one stage has done so far, added up over its execution log. */
export interface StageCounts {
  readonly in: number;
  /** The same by topic: from the stages before, or from replays. */
  readonly inByTopic: Readonly<Record<string, number>>;
  readonly ports: Readonly<Record<string, number>>;
  readonly copies: number;
  readonly held: number;
  readonly classes: Readonly<Record<string, number>>;
  readonly executions: number;
  /** RFC 3339; null before the first execution. */
  readonly lastAt: string | null;
  readonly model: string | null;
  readonly spec: string | null;
}

export interface CountsView {
  apply(execution: Execution): void;
  stage(id: string): StageCounts;
}

interface Counting {
  in: number;
  inByTopic: Record<string, number>;
  ports: Record<string, number>;
  copies: number;
  /** By slot, of its newest execution: the log's partitions are read in any order. */
  held: Map<string, { readonly at: string; readonly count: number }>;
  classes: Record<string, number>;
  executions: number;
  lastAt: string | null;
  model: string | null;
  spec: string | null;
}

/** Adds up execution-log entries; every entry is applied once, because the log is read committed and in order. */
export function createCountsView(): CountsView {
  const stages = new Map<string, Counting>();
  const of = (id: string): Counting => {
    const known = stages.get(id);
    if (known) return known;
    const fresh: Counting = {
      in: 0,
      inByTopic: {},
      ports: {},
      copies: 0,
      held: new Map(),
      classes: {},
      executions: 0,
      lastAt: null,
      model: null,
      spec: null,
    };
    stages.set(id, fresh);
    return fresh;
  };
  return {
    apply: (execution) => {
      const stage = of(execution.stage);
      for (const { topic, count } of execution.in) {
        stage.in += count;
        add(stage.inByTopic, { [topic]: count });
      }
      add(stage.ports, execution.ports);
      add(stage.classes, execution.classes);
      stage.copies += execution.copies ?? 0;
      if (execution.preparedAt >= (stage.held.get(execution.slot)?.at ?? ""))
        stage.held.set(execution.slot, { at: execution.preparedAt, count: execution.held });
      stage.executions += 1;
      stage.lastAt = execution.preparedAt;
      stage.model = execution.model ?? null;
      stage.spec = execution.spec;
    },
    stage: (id) => {
      const { held, ...rest } = of(id);
      return { ...rest, held: [...held.values()].reduce((n, h) => n + h.count, 0) };
    },
  };
}

function add(to: Record<string, number>, counts: Readonly<Partial<Record<string, number>>>): void {
  for (const [name, count] of Object.entries(counts)) to[name] = (to[name] ?? 0) + (count ?? 0);
}
