import { dictionaryHeader, constantHeader, type Batch, type Failure, type HeaderColumn } from "@weir/record";
import type { Refusal } from "@weir/rules";
import type { Decided, SystemRecord } from "@weir/stream";

export const PASS = 0;
export const QUARANTINE = 1;
export const DEAD_LETTER = 2;

/** Rows that were decided at once, in the order of the log. */
export interface Outlet {
  /** Rows that were put since the last time. */
  count(): number;
  put(row: number, port: number, failure?: Failure): void;
  /** Puts the rows from `first` to before `end` to where records go on. */
  pass(first: number, end: number): void;
  /** Hands over what was put since the last time. */
  flush(): Decided | null;
}

/** No accessors in what is made for every batch: V8 keeps their closures in hidden classes, and those keep the batch until a full collection. */
export function createOutlet(batch: Batch, tags: Tags): Outlet {
  let rows = new Int32Array(64);
  let ports = new Uint8Array(64);
  let failures = new Map<number, Failure>();
  let count = 0;
  const grow = (least: number): void => {
    if (least <= rows.length) return;
    const length = Math.max(least, batch.count);
    rows = grown(rows, new Int32Array(length));
    ports = grown(ports, new Uint8Array(length));
  };
  return {
    count: () => count,
    pass: (first, end) => {
      grow(count + end - first);
      ports.fill(PASS, count, count + end - first);
      for (let row = first; row < end; row++) rows[count++] = row;
    },
    put: (row, port, failure) => {
      grow(count + 1);
      if (failure) failures.set(count, failure);
      rows[count] = row;
      ports[count++] = port;
    },
    flush: () => {
      if (count === 0) return null;
      const taken = rows.slice(0, count);
      const decided = decision({ batch, rows: taken, ports: ports.slice(0, count), failures, headers: tagHeader(taken, tags, []) });
      failures = new Map();
      count = 0;
      return decided;
    },
  };
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

export function portOf(refusal: Refusal): number {
  return refusal.to === "dead-letter" ? DEAD_LETTER : QUARANTINE;
}

/** A decision without the members that it has no use for. */
export function decision(parts: {
  readonly batch: Batch;
  readonly rows: Int32Array;
  readonly ports: Uint8Array;
  readonly failures: ReadonlyMap<number, Failure>;
  readonly headers: readonly HeaderColumn[];
  readonly verdicts?: readonly SystemRecord[];
  readonly onCommitted?: () => void;
}): Decided {
  const { batch, rows, ports, failures, headers, verdicts, onCommitted } = parts;
  return {
    batch,
    rows,
    ports,
    ...(failures.size > 0 && { failures }),
    ...(headers.length > 0 && { headers }),
    ...(verdicts && { verdicts }),
    ...(onCommitted && { onCommitted }),
  };
}

/** Of records, by row; only for those that have any. */
export type Tags = ReadonlyMap<number, readonly string[]>;

/** `weir.tags` of some rows: the record's own ones, then those of its window. No header where no row has any. */
export function tagHeader(rows: Int32Array, ownTags: Tags, windowTags: readonly string[]): HeaderColumn[] {
  if (ownTags.size === 0) return windowTags.length === 0 ? [] : [constantHeader("weir.tags", windowTags.join(","), rows.length)];
  const texts: string[] = [];
  const byText = new Map<string, number>();
  const codes = new Int32Array(rows.length).fill(-1);
  let own = false;
  for (let i = 0; i < rows.length; i++) {
    const tags = ownTags.get(rows[i]!); // i < length
    if (tags === undefined && (windowTags.length === 0 || !own)) continue;
    own ||= tags !== undefined;
    codes[i] = codeOf([...(tags ?? []), ...windowTags].join(","), texts, byText);
  }
  if (windowTags.length === 0) return own ? [dictionaryHeader("weir.tags", texts, codes)] : [];
  const shared = windowTags.join(",");
  if (!own) return [constantHeader("weir.tags", shared, rows.length)];
  const code = codeOf(shared, texts, byText);
  for (let i = 0; i < codes.length; i++) if (codes[i] === -1) codes[i] = code;
  return [dictionaryHeader("weir.tags", texts, codes)];
}

function codeOf(text: string, texts: string[], byText: Map<string, number>): number {
  let code = byText.get(text);
  if (code === undefined) {
    byText.set(text, (code = texts.length));
    texts.push(text);
  }
  return code;
}
