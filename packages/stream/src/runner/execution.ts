import { laneKey, type FailureClass, type Lane } from "@weir/record";
import type { Decided, Stage } from "../stage.ts";

/** One entry of the execution log: what one stage did in one committed transaction. */
export interface Execution {
  readonly v: 1;
  /** Hash of stage and decided offset ranges: the same when the attempt is repeated. */
  readonly id: string;
  readonly stage: string;
  readonly slot: string;
  readonly spec: string;
  readonly rules?: string;
  readonly model?: string;
  /** RFC 3339: when the transaction began and when it was ready to be committed. */
  readonly startedAt: string;
  readonly preparedAt: string;
  readonly in: readonly DecidedRange[];
  readonly ports: Readonly<Record<string, number>>;
  /** Records written beside the decision (samples); not part of the ports. */
  readonly copies?: number;
  /** Taken in and not decided when this was prepared. */
  readonly held: number;
  /** Dead letters by class. */
  readonly classes: Readonly<Partial<Record<FailureClass, number>>>;
  readonly ms: { readonly fetch: number; readonly process: number; readonly previousCommit: number };
}

/** Records of one lane that were decided: first and last offset among them and their number. */
export interface DecidedRange extends Lane {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** Adds up what one stage decided within one transaction. */
export interface Tally {
  /** `byPort`: the positions of each of the stage's ports. */
  add(decided: Decided, byPort: readonly Int32Array[]): void;
  isEmpty(): boolean;
  execution(context: TallyContext): Execution;
}

export interface TallyContext {
  readonly slot: string;
  readonly startedAt: number;
  readonly preparedAt: number;
  readonly ms: Execution["ms"];
  readonly hash: (data: string | Uint8Array) => string;
}

export function createTally(stage: Stage): Tally {
  const ranges = new Map<string, { lane: Lane; first: number; last: number; count: number }>();
  const ports = new Uint32Array(stage.ports.length);
  const classes: Partial<Record<FailureClass, number>> = {};
  let copies = 0;
  return {
    isEmpty: () => ranges.size === 0,
    add(decided, byPort) {
      if (decided.rows.length === 0) return;
      extend(ranges, decided);
      byPort.forEach((positions, port) => (ports[port]! += positions.length));
      for (const [i, failure] of decided.failures ?? []) {
        const port = stage.ports[decided.ports[i]!]!; // a position of the decision, a port of the stage
        if (port.kind === "dead-letter") classes[failure.class] = (classes[failure.class] ?? 0) + 1;
      }
      for (const copy of decided.copies ?? []) copies += copy.positions.length;
    },
    execution(context) {
      const { owner: _owner, contract: _contract, ...digests } = stage.describe();
      const decided = [...ranges.values()].map(({ lane, ...range }) => ({ topic: lane.topic, partition: lane.partition, ...range }));
      return {
        v: 1,
        id: context.hash(JSON.stringify([stage.id, decided])).slice(0, 32),
        stage: stage.id,
        slot: context.slot,
        ...digests,
        startedAt: new Date(context.startedAt).toISOString(),
        preparedAt: new Date(context.preparedAt).toISOString(),
        in: decided,
        ports: Object.fromEntries(stage.ports.map((p, i) => [p.name, ports[i]!] as const).filter(([, n]) => n > 0)), // parallel to the ports
        ...(copies > 0 && { copies }),
        held: stage.held?.() ?? 0,
        classes,
        ms: context.ms,
      };
    },
  };
}

function extend(ranges: Map<string, { lane: Lane; first: number; last: number; count: number }>, { batch, rows }: Decided): void {
  const first = batch.offset[rows[0]!]!; // rows is not empty and ascending
  const last = batch.offset[rows[rows.length - 1]!]!; // as above
  const key = laneKey(batch);
  const range = ranges.get(key);
  if (!range) {
    ranges.set(key, { lane: { topic: batch.topic, partition: batch.partition }, first, last, count: rows.length });
    return;
  }
  range.first = Math.min(range.first, first);
  range.last = Math.max(range.last, last);
  range.count += rows.length;
}
