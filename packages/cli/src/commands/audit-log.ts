import { createVerifier, printEntry, type AuditEntry, type ChainFault } from "@weir/audit";
import { readAudit, sha256 } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Output } from "../output.ts";

export interface AuditLogFlags {
  readonly verify?: boolean;
  readonly limit?: string;
  readonly json?: boolean;
}

/** What was done on purpose, oldest first; with `verify` every chain is checked. Exit code 5 where one is broken. */
export async function auditLog(log: Log, { verify, limit, json }: AuditLogFlags, output: Output): Promise<number> {
  const verifier = createVerifier(sha256);
  let left = limit === undefined ? Infinity : Number(limit);
  for await (const entry of readAudit(log)) {
    verifier.add(entry);
    if (left-- > 0) output.data(json ? printEntry(entry) : lineOf(entry));
  }
  if (!verify) return 0;
  const { entries, heads, faults } = verifier.done();
  for (const fault of faults) output.note(`${fault.writer} #${fault.seq}: ${SAYS[fault.kind]}`);
  output.note(faults.length === 0 ? `${entries} entries in ${heads.size} chains: all whole` : `${faults.length} faults`);
  return faults.length === 0 ? 0 : 5;
}

const SAYS: Readonly<Record<ChainFault["kind"], string>> = {
  altered: "the entry is not as it was written",
  missing: "entries before it are gone",
  forked: "two entries have this place",
  unlinked: "it follows something else than the entry before it",
};

function lineOf({ at, actor, action, subject, reason }: AuditEntry): string {
  return `${at}  ${actor}  ${action}  ${subject}${reason === undefined ? "" : `  "${reason}"`}`;
}
