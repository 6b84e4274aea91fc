import { fingerprint, type Sha256 } from "../fingerprint.ts";
import { placeOf } from "./resend.ts";
import { failedAt, type Letter } from "./selection.ts";

/** Dead letters with the same trouble. */
export interface LetterGroup {
  readonly fingerprint: string;
  readonly class: string | null;
  readonly family: string;
  readonly stage: string | null;
  readonly owner: string | null;
  readonly rule: string | null;
  /** All that were seen, and those that nobody has settled. */
  readonly count: number;
  readonly open: number;
  /** RFC 3339 UTC */
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** The newest one. */
  readonly sample: { readonly at: string; readonly message: string };
  /** `open` · `settled`: none is open · `fixed`: declared fixed and not seen since · `reopened`: seen since. */
  readonly state: "open" | "settled" | "fixed" | "reopened";
  /** Where somebody says that it is fixed: `fixed in <what>`, with when. */
  readonly fixedIn: { readonly version: string; readonly at: string } | null;
}

export interface Grouping {
  add(letter: Letter, isOpen: boolean): void;
  /** Most open ones first, then the newest. */
  done(fixed: ReadonlyMap<string, { readonly version: string; readonly at: string }>): readonly LetterGroup[];
}

interface Counting {
  readonly first: Letter;
  last: Letter;
  firstAt: number;
  lastAt: number;
  count: number;
  open: number;
}

export function createGrouping(sha256: Sha256): Grouping {
  const groups = new Map<string, Counting>();
  return {
    add(letter, isOpen) {
      const key = groupOf(letter, sha256);
      const at = failedAt(letter);
      const group = groups.get(key) ?? { first: letter, last: letter, firstAt: at, lastAt: at, count: 0, open: 0 };
      groups.set(key, group);
      group.count++;
      if (isOpen) group.open++;
      group.firstAt = Math.min(group.firstAt, at);
      if (at < group.lastAt) return;
      group.lastAt = at;
      group.last = letter;
    },
    done: (fixed) =>
      [...groups]
        .sort(([, a], [, b]) => b.open - a.open || b.lastAt - a.lastAt)
        .map(([key, group]) => describe(key, group, fixed.get(key) ?? null)),
  };
}

/** The group's key: the fingerprint that the dead letter carries, or one made of what another project's tells. */
export function groupOf({ description: d }: Letter, sha256: Sha256): string {
  return d.fingerprint ?? fingerprint(sha256, d.class ?? d.family, d.stage ?? "", d.rules[0] ?? d.exception ?? "", d.message);
}

function describe(key: string, { last, firstAt, lastAt, count, open }: Counting, fixedIn: LetterGroup["fixedIn"]): LetterGroup {
  const { description: d } = last;
  const seenSince = fixedIn !== null && lastAt > Date.parse(fixedIn.at);
  return {
    fingerprint: key,
    class: d.class,
    family: d.family,
    stage: d.stage,
    owner: d.owner,
    rule: d.rules[0] ?? null,
    count,
    open,
    firstSeen: new Date(firstAt).toISOString(),
    lastSeen: new Date(lastAt).toISOString(),
    sample: { at: placeOf(last), message: d.message },
    state: seenSince ? "reopened" : fixedIn !== null ? "fixed" : open > 0 ? "open" : "settled",
    fixedIn,
  };
}
