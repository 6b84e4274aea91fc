export {
  AUDIT_TOPIC,
  GENESIS,
  sealEntry,
  printEntry,
  parseEntry,
  type AuditDraft,
  type AuditEntry,
  type ChainHead,
  type Json,
  type Sha256,
} from "./entry.ts";
export { createVerifier, type Verifier, type Verification, type ChainFault } from "./verify.ts";
