import * as z from "zod";
import type { SpecProblem } from "./problems.ts";
import { expecting } from "./shape/words.ts";
import { explainIssue, type KnownKeys } from "./shape/explain.ts";
import type { Surroundings } from "./substitute.ts";
import { readYaml, type YamlText } from "./yaml-text.ts";

/** Where a pipeline runs: what differs between a laptop and a cluster, and is no part of the spec's digest. */
export interface EnvironmentFile {
  readonly kafka: KafkaEnvironment;
  /** Absent: as told elsewhere, or none is needed. */
  readonly schemaRegistry?: RegistryEnvironment;
}

/** A registry with Confluent's API. Whoever has a token does not log in with a name. */
export interface RegistryEnvironment {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly tls?: TlsEnvironment;
}

export interface KafkaEnvironment {
  /** `HOST:PORT`; empty: as told elsewhere. */
  readonly brokers: readonly string[];
  /** Absent: the wire is not encrypted. */
  readonly tls?: TlsEnvironment;
  /** Absent: nobody logs in (or the client certificate does). */
  readonly sasl?: SaslEnvironment;
}

/** PEM texts. Without `ca` the authorities that Node knows count. */
export interface TlsEnvironment {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly keyPassword?: string;
  /** Name that the broker's certificate has to bear, where it is not the host's. */
  readonly servername?: string;
}

export type SaslEnvironment =
  | { readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; readonly username: string; readonly password: string }
  | { readonly mechanism: "oauthbearer"; readonly token: string };

const said = z.string(expecting("text")).min(1, expecting("text that is not empty"));
const BROKERS = /^(?:\[[0-9a-fA-F:.]+\]|[^:\s,/]+):\d{1,5}$/;
const broker = z.string().regex(BROKERS, expecting("HOST:PORT"));
const brokers: z.ZodType<readonly string[]> = z.union(
  [
    z
      .string()
      .transform((text) => text.split(",").map((b) => b.trim()))
      .pipe(z.array(broker).min(1)),
    z.array(broker).min(1),
  ],
  expecting("HOST:PORT, several as a list or with commas"),
);

const tls = z
  .strictObject({
    ca: said.exactOptional(),
    cert: said.exactOptional(),
    key: said.exactOptional(),
    keyPassword: said.exactOptional(),
    servername: said.exactOptional(),
  })
  .refine((value) => (value.cert === undefined) === (value.key === undefined), { error: "cert and key belong together" });

const sasl: z.ZodType<SaslEnvironment> = z.discriminatedUnion("mechanism", [
  z.strictObject({ mechanism: z.enum(["plain", "scram-sha-256", "scram-sha-512"]), username: said, password: said }),
  z.strictObject({ mechanism: z.literal("oauthbearer"), token: said }),
]);

const schemaRegistry: z.ZodType<RegistryEnvironment> = z
  .strictObject({
    url: z.string().regex(/^https?:\/\/[^\s@?#]+$/, expecting("an http or https URL without user, query and fragment")),
    username: said.exactOptional(),
    password: said.exactOptional(),
    token: said.exactOptional(),
    tls: tls.exactOptional(),
  })
  .refine((value) => (value.username === undefined) === (value.password === undefined), { error: "username and password belong together" })
  .refine((value) => value.token === undefined || value.username === undefined, { error: "a token stands instead of a username" });

const schema = z.strictObject({
  schemaRegistry: schemaRegistry.exactOptional(),
  kafka: z
    .strictObject({
      brokers: brokers.default([]),
      tls: z
        .union([z.boolean().transform((on) => (on ? {} : undefined)), tls], expecting("true, or a map of ca, cert, key, servername"))
        .optional(),
      sasl: sasl.exactOptional(),
    })
    .prefault({}),
});

const KEYS: Readonly<Record<string, readonly string[]>> = {
  "": ["kafka", "schemaRegistry"],
  schemaRegistry: ["url", "username", "password", "token", "tls"],
  kafka: ["brokers", "tls", "sasl"],
  tls: ["ca", "cert", "key", "keyPassword", "servername"],
  sasl: ["mechanism", "username", "password", "token"],
};
const KNOWN: KnownKeys = {
  at: (_value, path) => KEYS[String(path.at(-1) ?? "")] ?? [],
  elsewhere: (key) => Object.entries(KEYS).flatMap(([place, keys]) => (place !== "" && keys.includes(key) ? [place] : [])),
};
/** Never shown in a problem, however they came into the file. */
const SECRETS: ReadonlySet<string | number> = new Set(["password", "keyPassword", "key", "token"]);

/** Reads `env/<name>.yaml`; every problem at once, without the values of secrets. */
export function parseEnvironment(
  text: string,
  file: string,
  surroundings: Surroundings,
): { readonly environment: EnvironmentFile | null; readonly problems: readonly SpecProblem[] } {
  const yaml = withoutSecrets(readYaml(text, file, surroundings));
  if (yaml.problems.length > 0) return { environment: null, problems: yaml.problems };
  const result = schema.safeParse(yaml.value ?? {});
  if (!result.success) return { environment: null, problems: result.error.issues.flatMap((issue) => explainIssue(issue, yaml, KNOWN)) };
  const { brokers: addresses, tls: encryption, sasl: login } = result.data.kafka;
  const { schemaRegistry: registry } = result.data;
  return {
    environment: {
      ...(registry !== undefined && { schemaRegistry: registry }),
      kafka: {
        brokers: addresses,
        ...(encryption === undefined ? {} : { tls: encryption }),
        ...(login === undefined ? {} : { sasl: login }),
      },
    },
    problems: [],
  };
}

function withoutSecrets(yaml: YamlText): YamlText {
  return { ...yaml, substituted: (path) => SECRETS.has(path.at(-1) ?? "") || yaml.substituted(path) };
}
