import type { ToldKeys } from "@weir/gate";
import { WeirError } from "@weir/record";
import type { BrokenCount, RuleVerdict, Verdict } from "@weir/rules";
import type { Log } from "@weir/stream";
import { lanesOf, readToEnd } from "../read-topics.ts";

/** A verdict as a gate writes it. */
export interface ToldWindow {
  readonly id: string;
  readonly stage: string;
  readonly window: { readonly kind: string; readonly id: string; readonly start?: string; readonly end?: string };
  readonly partitions: readonly { readonly partition: number; readonly first?: number; readonly last: number; readonly count?: number }[];
  readonly n: number;
  readonly verdict: Verdict;
  readonly quarantined: boolean;
  readonly rules: readonly RuleVerdict[];
  readonly broken?: readonly BrokenCount[];
  readonly ruleSet: string;
  /** What the verdict did to the breaker of the partition, where that is not closed or was not before. */
  readonly breaker?: "tripped" | "open" | "halfOpen" | "closed";
  /** Records that had gone on when a rule was found broken. */
  readonly taint?: readonly { readonly partition: number; readonly first: number; readonly last: number; readonly count: number }[];
  /** Where the window was judged key by key. */
  readonly keys?: ToldKeys & { readonly by: string };
}

/** Verdicts of a topic, the oldest first; what is no verdict of this version is left out. */
export async function verdictsIn(log: Log, topic: string): Promise<ToldWindow[]> {
  const found: ToldWindow[] = [];
  for await (const { record } of readToEnd(log, await lanesOf(log, [topic]))) {
    const told = record.value === null ? null : parseVerdict(new TextDecoder().decode(record.value));
    if (told !== null) found.push(told);
  }
  return found;
}

export function parseVerdict(text: string): ToldWindow | null {
  try {
    const value: ToldWindow & { readonly v?: unknown } = JSON.parse(text);
    return value.v === 1 && typeof value.id === "string" && Array.isArray(value.rules) ? value : null;
  } catch {
    return null;
  }
}

/** The verdict that a person means: by its id, by the name of its window, or by the day or number that the name ends with. */
export function verdictNamed(verdicts: readonly ToldWindow[], name: string): ToldWindow {
  const meant = verdicts.filter(
    ({ id, window }) => id === name || `${id}`.startsWith(`${name}/`) || window.id === name || window.id.startsWith(name),
  );
  const [first, second] = meant;
  if (first !== undefined && (second === undefined || first.id === name)) return first;
  const known = (meant.length > 0 ? meant : verdicts).slice(-10).map(({ id }) => id);
  throw new WeirError(
    {
      code: "WEIR-6004",
      what: meant.length > 0 ? `${meant.length} windows are called ${name}` : `no verdict is called ${name}`,
      ...(known.length > 0 && { why: `there are ${known.join(", ")}` }),
      fix: "give the whole id of one verdict",
    },
    { exitCode: 2 },
  );
}
