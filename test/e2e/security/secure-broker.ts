import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded, type EmbeddedBroker } from "@weir/broker";
import { createAuthority, type Authority } from "@weir/testkit";
import { openRightsAdmin, type RightsAdmin } from "./rights-admin.ts";

/** Longer than the ten seconds before the end at which clients log in again: they do so every other second. */
const LOGIN_LASTS_MS = 12_000;
export const USER = "weir";
export const PASSWORD = "correct horse";

export interface SecureBroker extends AsyncDisposable {
  readonly broker: EmbeddedBroker;
  readonly admin: RightsAdmin;
  /** Signed the broker; the broker believes it. */
  readonly authority: Authority;
  /** Bootstrap address of a door. */
  door(name: string): string;
  /** Writes `env/<name>.yaml` for the door with what is given, and files beside it; returns its path. */
  environment(name: string, door: string, kafka: string, files?: Readonly<Record<string, string>>): string;
}

/** One real broker whose rights are checked, with a door for each way to come in. */
export async function startSecureBroker(users: Readonly<Record<string, string>> = {}): Promise<SecureBroker> {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-secure-"));
  const now = new Date();
  const authority = createAuthority("Weir test authority", now);
  const server = authority.sign({ name: "localhost", hosts: ["localhost", "127.0.0.1"] });
  writeFileSync(path.join(folder, "server.pem"), server.key + server.cert);
  writeFileSync(path.join(folder, "trusted.pem"), authority.cert);
  const broker = await startEmbedded({
    dataDir: path.join(folder, "kafka"),
    port: 0,
    security: {
      doors: [
        { name: "TLS", protocol: "SSL" },
        { name: "MTLS", protocol: "SSL", clientCertificate: true },
        { name: "PASSWORD", protocol: "SASL_PLAINTEXT", mechanisms: ["PLAIN"] },
        { name: "SCRAM", protocol: "SASL_SSL", mechanisms: ["SCRAM-SHA-512"], loginLastsMs: LOGIN_LASTS_MS },
        { name: "TOKEN", protocol: "SASL_PLAINTEXT", mechanisms: ["OAUTHBEARER"] },
      ],
      tls: { keyStore: path.join(folder, "server.pem"), trustStore: path.join(folder, "trusted.pem") },
      users: { [USER]: PASSWORD, ...users },
      authorize: true,
    },
  });
  const admin = await openRightsAdmin(broker.address);
  await admin.setPassword(USER, PASSWORD);
  mkdirSync(path.join(folder, "env"));
  const door = (name: string): string => broker.doors.get(name) ?? "";
  return {
    broker,
    admin,
    authority,
    door,
    environment: (name, of, kafka, files = {}) => {
      for (const [file, text] of Object.entries({ "ca.pem": authority.cert, ...files }))
        writeFileSync(path.join(folder, "env", file), text);
      const file = path.join(folder, "env", `${name}.yaml`);
      writeFileSync(file, `kafka: {brokers: "${door(of)}", ${kafka}}\n`);
      return file;
    },
    [Symbol.asyncDispose]: async () => {
      await admin[Symbol.asyncDispose]();
      await broker.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A token that Kafka's validator for development takes: it has no signature. */
export function unsignedToken(subject: string, now: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const seconds = Math.floor(now / 1000);
  return `${part({ alg: "none" })}.${part({ sub: subject, iat: seconds, exp: seconds + 3600 })}.`;
}
