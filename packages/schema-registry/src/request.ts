import { request as plain } from "node:http";
import { request as secure } from "node:https";
import type { RegistryEnvironment } from "@weir/pipeline";
import { RetriableError } from "@weir/record";

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const TIMEOUT_MS = 2000;
/** A registry takes schemas of 1 MB, and writes them into JSON with escapes. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * One GET below the registry's URL, with its credentials.
 * @throws {RetriableError} REGISTRY no answer within two seconds, or one that is too long
 */
export function get({ url, username, password, token, tls }: RegistryEnvironment, path: string): Promise<Answer> {
  const target = new URL(`${url.replace(/\/$/, "")}${path}`);
  const authorization = token !== undefined ? `Bearer ${token}` : username !== undefined ? `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` : null; // prettier-ignore
  const { keyPassword: passphrase, ...pem } = tls ?? {};
  const options = {
    headers: { accept: "application/vnd.schemaregistry.v1+json, application/json", ...(authorization !== null && { authorization }) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(target.protocol === "https:" && { ...pem, ...(passphrase !== undefined && { passphrase }) }),
  };
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => reject(new RetriableError("REGISTRY", `the schema registry at ${target.host} does not answer: ${cause.message}`, cause)); // prettier-ignore
    const sent = (target.protocol === "https:" ? secure : plain)(target, options, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > MOST_BYTES) response.destroy(new Error(`its answer has more than ${MOST_BYTES} bytes`));
      });
      response.on("error", failed);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
    });
    sent.on("error", failed);
    sent.end();
  });
}
