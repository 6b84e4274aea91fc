import { GENESIS, hashOf, type AuditEntry, type ChainHead, type Sha256 } from "./entry.ts";

/** What is wrong with one link. */
export interface ChainFault {
  readonly writer: string;
  readonly seq: number;
  /**
   * `altered`: its hash is not that of its content · `missing`: entries before it are gone · `forked`: two entries have its
   * place · `unlinked`: it follows something else than the entry before it.
   */
  readonly kind: "altered" | "missing" | "forked" | "unlinked";
}

export interface Verification {
  readonly entries: number;
  /** Last link by writer. */
  readonly heads: ReadonlyMap<string, ChainHead>;
  readonly faults: readonly ChainFault[];
}

/**
 * Checks entries in the order of the topic. A chain that was cut off at its end looks whole: whoever wants to see that too
 * keeps the heads of an earlier verification (`expect`) somewhere else.
 */
export interface Verifier {
  add(entry: AuditEntry): void;
  done(expect?: ReadonlyMap<string, ChainHead>): Verification;
}

export function createVerifier(sha256: Sha256): Verifier {
  const heads = new Map<string, ChainHead>();
  const hashes = new Map<string, Map<number, string>>();
  const faults: ChainFault[] = [];
  let entries = 0;
  return {
    add(entry) {
      entries++;
      const kind = faultOf(entry, heads.get(entry.writer) ?? null, sha256);
      if (kind !== null) faults.push({ writer: entry.writer, seq: entry.seq, kind });
      const head = heads.get(entry.writer);
      if (head === undefined || entry.seq > head.seq) heads.set(entry.writer, { seq: entry.seq, hash: entry.hash });
      const own = hashes.get(entry.writer) ?? new Map<number, string>();
      hashes.set(entry.writer, own.set(entry.seq, entry.hash));
    },
    done(expect = new Map()) {
      for (const [writer, { seq, hash }] of expect) {
        if (hashes.get(writer)?.get(seq) !== hash) faults.push({ writer, seq, kind: hashes.get(writer)?.has(seq) ? "altered" : "missing" });
      }
      return { entries, heads, faults };
    },
  };
}

function faultOf(entry: AuditEntry, head: ChainHead | null, sha256: Sha256): ChainFault["kind"] | null {
  if (hashOf(entry, sha256) !== entry.hash) return "altered";
  const expected = head === null ? 0 : head.seq + 1;
  if (entry.seq < expected) return "forked";
  if (entry.seq > expected) return "missing";
  return entry.previous === (head?.hash ?? GENESIS) ? null : "unlinked";
}
