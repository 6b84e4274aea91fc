/** SHA-256, hex. */
export type Sha256 = (data: string | Uint8Array) => string;

/** What groups the same trouble: 16 hex digits over class, stage, rule (without its rule set's digest) and the normalised message. */
export function fingerprint(sha256: Sha256, failureClass: string, stage: string, rule: string, message: string): string {
  return fingerprintOf(sha256, failureClass, stage, rule, normaliseMessage(message));
}

/** The same of a message that is normalised already. */
export function fingerprintOf(sha256: Sha256, failureClass: string, stage: string, rule: string, normalised: string): string {
  const ruleName = rule.slice(rule.lastIndexOf("/") + 1);
  return sha256([failureClass, stage, ruleName, normalised].join("\n")).slice(0, 16);
}

const MAX_CHARACTERS = 512;

/** The message without what differs from record to record: quoted text, UUIDs, long hex, numbers, spacing. */
export function normaliseMessage(message: string): string {
  return message
    .slice(0, MAX_CHARACTERS)
    .replace(/"(?:[^"\\]|\\.)*"/g, "?")
    .replace(/`[^`]*`/g, "?")
    .replace(/(?<!\w)'[^']*'/g, "?")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "#")
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, "#")
    .replace(/[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?/gi, "0")
    .replace(/\s+/g, " ")
    .trim();
}
