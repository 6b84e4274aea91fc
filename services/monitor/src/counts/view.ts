import type { Execution } from "@weir/stream";

/** What one stage has done so far, added up over its execution log. */
export interface StageCounts {
  readonly in: number;
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
  ports: Record<string, number>;
  copies: number;
  held: Map<string, number>;
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
    const fresh = {
      in: 0,
      ports: {},
      copies: 0,
      held: new Map<string, number>(),
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
      for (const range of execution.in) stage.in += range.count;
      add(stage.ports, execution.ports);
      add(stage.classes, execution.classes);
      stage.copies += execution.copies ?? 0;
      stage.held.set(execution.slot, execution.held);
      stage.executions += 1;
      stage.lastAt = execution.preparedAt;
      stage.model = execution.model ?? null;
      stage.spec = execution.spec;
    },
    stage: (id) => {
      const { held, ...rest } = of(id);
      return { ...rest, held: [...held.values()].reduce((n, h) => n + h, 0) };
    },
  };
}

function add(to: Record<string, number>, counts: Readonly<Partial<Record<string, number>>>): void {
  for (const [name, count] of Object.entries(counts)) to[name] = (to[name] ?? 0) + (count ?? 0);
}
