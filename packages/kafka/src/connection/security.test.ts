import { expect, describe, test } from "vitest";
import { loginRefused, securityFailure } from "./security-failure.ts";
import { createPatience, saslOptions, tlsOptions } from "./security.ts";

describe("what a connection threw", () => {
  test.each([
    ["SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain", "WEIR-7010"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate", "WEIR-7010"],
    ["CERT_HAS_EXPIRED", "certificate has expired", "WEIR-7010"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames", "WEIR-7010"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tlsv13 alert certificate required", "WEIR-7012"],
    ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "tlsv1 alert unknown ca", "WEIR-7012"],
    ["", "Failed to connect: error:05800074:x509 certificate routines::key values mismatch", "WEIR-7012"],
    ["", "SASL SCRAM SHA512 authentication failed: invalid credentials", "WEIR-7002"],
    ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:1", undefined],
    ["", "Closed connection", undefined],
  ])("%s %s → %s", (code, message, expected) => {
    expect(securityFailure(Object.assign(new Error(message), { code }), "b:1")?.problem.code).toBe(expected);
  });
});

describe("a refused login", () => {
  test("ends a process that never logged in, and one that was refused for half a minute after it had", () => {
    let now = 0;
    const patience = createPatience(() => now);
    const refused = loginRefused("b:1", "wrong password");
    expect(patience.refused(refused)).toBe(refused);
    patience.granted();
    now = 1000;
    expect(patience.refused(refused)).toMatchObject({ name: "RetriableError", code: "LOGIN_REFUSED" });
    now = 30_999;
    expect(patience.refused(refused)).toMatchObject({ name: "RetriableError" });
    now = 31_000;
    expect(patience.refused(refused)).toBe(refused);
    patience.granted();
    expect(patience.refused(refused)).toMatchObject({ name: "RetriableError" });
  });
});

test("credentials go to kafkajs as it wants them, in a fresh object every time", () => {
  const security = { sasl: { mechanism: "plain", username: "u", password: "p" }, tls: { ca: "CA", keyPassword: "k" } } as const;
  expect(saslOptions(security)).toEqual({ mechanism: "plain", username: "u", password: "p" });
  expect(saslOptions(security)).not.toBe(saslOptions(security));
  expect(tlsOptions(security)).toEqual({ ca: "CA", passphrase: "k" });
  expect([saslOptions({}), tlsOptions({})]).toEqual([null, null]);
});
