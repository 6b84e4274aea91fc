import { RetriableError, type WeirError } from "@weir/record";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { Mechanism, SASLOptions } from "kafkajs";
import { bearerToken } from "./bearer-token.ts";

/** How the wire is encrypted and who logs in. PEM texts. */
export interface Security {
  readonly tls?: TlsSecurity;
  readonly sasl?: SaslSecurity;
}

export interface TlsSecurity {
  /** Authorities to trust; absent: those that Node knows. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly keyPassword?: string;
  /** Name that the broker's certificate has to bear; absent: the host's. */
  readonly servername?: string;
}

export type SaslSecurity =
  | { readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; readonly username: string; readonly password: string }
  | { readonly mechanism: "oauthbearer"; readonly token: string };

/** Asked for every connection and every renewed login, so that rotated credentials are used without a restart. */
export type SecurityNow = () => Security;

/** As kafkajs hands it to `tls.connect`; null: plain text. */
export function tlsOptions({ tls }: Security): TlsOptions | null {
  if (tls === undefined) return null;
  const { ca, cert, key, keyPassword, servername } = tls;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** A fresh object every time: kafkajs keeps what it made of the credentials inside it. */
export function saslOptions({ sasl }: Security): SASLOptions | Mechanism | null {
  if (sasl === undefined) return null;
  if (sasl.mechanism === "oauthbearer") return bearerToken(sasl.token);
  const { mechanism, username, password } = sasl;
  if (mechanism === "plain") return { mechanism, username, password };
  return mechanism === "scram-sha-256" ? { mechanism, username, password } : { mechanism, username, password };
}

/** How long a running process believes that a refused login is one that is being rotated. */
const ROTATION_MS = 30_000;

/** Decides whether a refusal of who we are ends us: the first one does at the start; later the credentials may just be being rotated. */
export interface Patience {
  granted(): void;
  refused(error: WeirError): Error;
}

export function createPatience(now: () => number): Patience {
  let wasGranted = false;
  let refusedSince: number | null = null;
  return {
    granted: () => {
      wasGranted = true;
      refusedSince = null;
    },
    refused: (error) => {
      refusedSince ??= now();
      const rotating = wasGranted && now() - refusedSince < ROTATION_MS;
      return rotating ? new RetriableError("LOGIN_REFUSED", `${error.problem.what}: ${error.problem.why ?? ""}`, error) : error;
    },
  };
}
