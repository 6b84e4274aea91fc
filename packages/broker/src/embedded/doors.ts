/**
 * Secured listeners of an embedded broker, beside its plain one: for tests of everything that a cluster in earnest asks
 * of its clients. Whoever comes by the plain listener is `ANONYMOUS` and may do everything.
 */
export interface SecureProfile {
  readonly doors: readonly Door[];
  /** PEM files of the broker: its key and certificate, and the authorities whose clients it believes. */
  readonly tls?: { readonly keyStore: string; readonly trustStore: string };
  /** Passwords of SASL PLAIN by user; SCRAM users are made while it runs. */
  readonly users?: Readonly<Record<string, string>>;
  /** Principals have only the rights that ACLs give them. */
  readonly authorize?: boolean;
}

export interface Door {
  /** Capital letters. */
  readonly name: string;
  readonly protocol: "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  readonly mechanisms?: readonly SaslMechanism[];
  /** Clients have to show a certificate; its CN is their principal. */
  readonly clientCertificate?: boolean;
  /** Clients have to log in again after so long. */
  readonly loginLastsMs?: number;
}

export type SaslMechanism = "PLAIN" | "SCRAM-SHA-512" | "OAUTHBEARER";

export interface PlacedDoor extends Door {
  readonly port: number;
}

/** What a profile adds to `server.properties`, listeners apart. */
export function doorProperties(profile: SecureProfile, doors: readonly PlacedDoor[]): Record<string, string | number | boolean> {
  const settings: Record<string, string | number | boolean> = {};
  for (const door of doors) Object.assign(settings, tlsOf(door, profile), saslOf(door, profile));
  if (profile.authorize === true) {
    settings["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
    settings["super.users"] = "User:ANONYMOUS";
  }
  return settings;
}

function tlsOf({ name, protocol, clientCertificate }: Door, { tls }: SecureProfile): Record<string, string> {
  if (protocol === "SASL_PLAINTEXT") return {};
  if (!tls) throw new Error(`the door ${name} needs the broker's certificate`);
  const at = `listener.name.${name.toLowerCase()}.ssl`;
  return {
    [`${at}.keystore.type`]: "PEM",
    [`${at}.keystore.location`]: tls.keyStore,
    [`${at}.truststore.type`]: "PEM",
    [`${at}.truststore.location`]: tls.trustStore,
    [`${at}.client.auth`]: clientCertificate === true ? "required" : "none",
    [`${at}.principal.mapping.rules`]: "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
  };
}

function saslOf({ name, protocol, mechanisms = [], loginLastsMs }: Door, { users = {} }: SecureProfile): Record<string, string | number> {
  if (protocol === "SSL") return {};
  const at = `listener.name.${name.toLowerCase()}`;
  const settings: Record<string, string | number> = { [`${at}.sasl.enabled.mechanisms`]: mechanisms.join(",") };
  for (const mechanism of mechanisms) {
    const own = `${at}.${mechanism.toLowerCase()}`;
    settings[`${own}.sasl.jaas.config`] = `${JAAS[mechanism](users)};`;
    if (loginLastsMs !== undefined) settings[`${own}.connections.max.reauth.ms`] = loginLastsMs;
  }
  return settings;
}

const COMMON = "org.apache.kafka.common.security";
const JAAS: Readonly<Record<SaslMechanism, (users: Readonly<Record<string, string>>) => string>> = {
  PLAIN: (users) =>
    [`${COMMON}.plain.PlainLoginModule required`, ...Object.entries(users).map(([user, password]) => `user_${user}="${password}"`)].join(
      " ",
    ),
  "SCRAM-SHA-512": () => `${COMMON}.scram.ScramLoginModule required`,
  // Tokens without a signature: Kafka's own validator for development.
  OAUTHBEARER: () => `${COMMON}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"`,
};
