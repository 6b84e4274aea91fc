/** What people may do with a header: nothing (only Weir writes it), everything but see it, everything. */
export type HeaderRule = "locked" | "sensitive" | "free";

const LOCKED = /^(?:weir\.|__dlq\.)/;
const SENSITIVE = /authorization|cookie|token|secret|password|passwd|credential|api[-_.]?key|private[-_.]?key|signature/i;

export function headerRule(name: string): HeaderRule {
  if (LOCKED.test(name)) return "locked";
  return SENSITIVE.test(name) ? "sensitive" : "free";
}
