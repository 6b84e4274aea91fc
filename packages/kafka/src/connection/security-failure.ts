import { WeirError } from "@weir/record";

/** How OpenSSL and Node name a certificate of the broker that we do not trust. */
const UNTRUSTED =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|HOSTNAME_MISMATCH|INVALID_CA|ERR_TLS_CERT_ALTNAME_INVALID|PATH_LENGTH_EXCEEDED)$/;
/** Alerts by which a broker refuses ours. */
const REFUSED =
  /ALERT_(?:CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)|alert (?:certificate|bad certificate|unknown ca)/i;
/** What `tls.createSecureContext` says of a certificate or key that it cannot use. */
const UNUSABLE = /^Failed to connect: .*(?:PEM|key values mismatch|bad decrypt|DECODER|asn1|interrupted or cancelled|x509)/i;
const SASL_STATES = new Set(["ILLEGAL_SASL_STATE", "UNSUPPORTED_SASL_MECHANISM", "SASL_AUTHENTICATION_FAILED"]);

/** What a connection threw because of who we or the broker are; null: it failed for another reason. */
export function securityFailure(error: Error, where: string): WeirError | null {
  const code = textOf(error, "code");
  if (UNTRUSTED.test(code)) return untrusted(where, error);
  if (REFUSED.test(code) || REFUSED.test(error.message))
    return certificateRefused(where, "the broker refuses the client certificate", error);
  if (UNUSABLE.test(error.message)) return certificateRefused(where, "the certificate or key of the settings cannot be used", error);
  const state = textOf(error, "type");
  if (state === "ILLEGAL_SASL_STATE")
    return loginRefused(where, "this listener takes no login: leave out sasl, or use another port", error);
  if (SASL_STATES.has(state) || error.name === "KafkaJSSASLAuthenticationError" || error.message.startsWith("SASL "))
    return loginRefused(where, error.message, error);
  return null;
}

export function loginRefused(where: string, why: string, cause?: unknown): WeirError {
  const problem = { code: "WEIR-7002", what: "Kafka refuses the login", where, why, fix: "check mechanism, user name and password" };
  return new WeirError(problem, { exitCode: 4, cause });
}

function untrusted(where: string, cause: Error): WeirError {
  return new WeirError(
    {
      code: "WEIR-7010",
      what: "the broker's certificate is not trusted",
      where,
      why: saidBy(cause),
      fix: "give the authority that signed it as tls.ca, or its name as tls.servername; renew it where it has expired",
    },
    { exitCode: 4, cause },
  );
}

export function certificateRefused(where: string, what: string, cause: Error): WeirError {
  return new WeirError(
    {
      code: "WEIR-7012",
      what,
      where,
      why: saidBy(cause),
      fix: "check that tls.cert and tls.key belong together, are not expired, and that the broker knows their authority",
    },
    { exitCode: 4, cause },
  );
}

/** The listener speaks another security protocol than the settings say. */
export function otherProtocol(where: string, why: string, fix: string): WeirError {
  return new WeirError(
    { code: "WEIR-7011", what: "the listener speaks another security protocol than the settings", where, why, fix },
    { exitCode: 4 },
  );
}

/** Without what kafkajs says first and what OpenSSL says of its own sources. */
function saidBy({ message }: Error): string {
  const said = message.trim().replace(/^(?:Connection error|Failed to connect): /, "");
  return /error:[0-9A-F]+:[^:]*:[^:]*:([^:]+)/.exec(said)?.[1] ?? /error:[0-9A-F]+:[^:]*:+([^:]+)$/.exec(said)?.[1] ?? said;
}

function textOf(error: Error, key: string): string {
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : "";
}
