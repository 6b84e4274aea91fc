import { canonicalJson } from "@weir/record";

/** One topic for all pipelines, one partition: everything that was done on purpose, in order. */
export const AUDIT_TOPIC = "weir.audit";

/** SHA-256, hex. */
export type Sha256 = (data: string | Uint8Array) => string;

/** Members of an entry's `details`: JSON, so that it can be hashed and read back. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What somebody did, before it has a place in a chain. */
export interface AuditDraft {
  /** RFC 3339 UTC */
  readonly at: string;
  /** `user:<id>`, `group:<id>` or `service:<name>` */
  readonly actor: string;
  /** `<noun>.<verb>`, such as `replay.started` or `gate.released` */
  readonly action: string;
  /** What it was done to. */
  readonly subject: string;
  readonly pipeline?: string;
  /** Why, in the words of who did it. */
  readonly reason?: string;
  readonly details?: { readonly [name: string]: Json };
}

/** One link of a chain: every writer has a chain of its own, so that writers need not wait for one another. */
export interface AuditEntry extends AuditDraft {
  readonly v: 1;
  readonly writer: string;
  /** 0, 1, … of its writer. */
  readonly seq: number;
  /** `hash` of the writer's entry before; `GENESIS` for its first. */
  readonly previous: string;
  /** SHA-256 of the canonical JSON of all the other members, hex. */
  readonly hash: string;
}

/** What the first entry of a chain follows. */
export const GENESIS: string = "0".repeat(64);

/** Where a writer's chain stands. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Gives a draft its place after `head` (null: the writer's first). Times and texts are taken as they are. */
export function sealEntry(draft: AuditDraft, writer: string, head: ChainHead | null, sha256: Sha256): AuditEntry {
  const open = { v: 1 as const, writer, seq: head === null ? 0 : head.seq + 1, previous: head?.hash ?? GENESIS, ...draft };
  return { ...open, hash: hashOf(open, sha256) };
}

/** The hash that an entry must carry. */
export function hashOf(entry: Omit<AuditEntry, "hash">, sha256: Sha256): string {
  return sha256(canonicalJson({ ...entry, hash: undefined }));
}

/** One text for an entry, whoever prints it. */
export function printEntry(entry: AuditEntry): string {
  return canonicalJson(entry);
}

/** An entry as it lies in the topic; null for what is none. Says nothing of its hash: see `createVerifier`. */
export function parseEntry(text: string): AuditEntry | null {
  try {
    const entry: unknown = JSON.parse(text);
    return isEntry(entry) ? entry : null;
  } catch {
    return null;
  }
}

const TEXTS = ["writer", "at", "actor", "action", "subject", "previous", "hash"] as const;

function isEntry(entry: unknown): entry is AuditEntry {
  if (typeof entry !== "object" || entry === null) return false;
  const members = new Map<string, unknown>(Object.entries(entry));
  if (members.get("v") !== 1 || !Number.isSafeInteger(members.get("seq"))) return false;
  if (!TEXTS.every((name) => typeof members.get(name) === "string")) return false;
  const optional = (name: string, type: string): boolean => !members.has(name) || typeof members.get(name) === type;
  return optional("reason", "string") && optional("pipeline", "string") && optional("details", "object");
}
