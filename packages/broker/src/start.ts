import type { Broker, Note } from "./broker.ts";
import { areBrokerJarsCached, mavenAnswers } from "./embedded/artifacts.ts";
import { cacheRoot } from "./embedded/cache.ts";
import { startEmbedded } from "./embedded/embedded.ts";
import { findJava } from "./embedded/java.ts";
import { externalBroker } from "./external.ts";
import { hasContainerEngine, startContainer } from "./testcontainers.ts";

type Env = Readonly<Record<string, string | undefined>>;

export interface StartOptions {
  /** `embedded`, `testcontainers` or `HOST:PORT[,HOST:PORT]`; undefined: whatever this machine has. */
  readonly use: string | undefined;
  readonly port: number;
  readonly dataDir: string;
  readonly note: Note;
}

/** What was chosen, and why. */
export interface BrokerChoice {
  readonly use: string;
  readonly why: string;
}

/** A broker to work with; what was chosen and why is noted. */
export async function startBroker({ use, port, dataDir, note }: StartOptions): Promise<Broker> {
  const choice = await chooseBroker(use, process.env);
  note(`Kafka: ${choice.use} (${choice.why})`);
  if (choice.use === "embedded") return startEmbedded({ dataDir, port, note });
  if (choice.use === "testcontainers") return startContainer(note);
  return externalBroker(choice.use);
}

/** As told, else what this machine has; where it has nothing the embedded broker says best what is missing. */
export async function chooseBroker(
  use: string | undefined,
  env: Env,
  engine: () => Promise<boolean> = hasContainerEngine,
): Promise<BrokerChoice> {
  if (use !== undefined && use !== "") return { use, why: "as told" };
  const java = await findJava(env).catch(() => null);
  const jars = java !== null && ((await areBrokerJarsCached(cacheRoot(env))) || (await mavenAnswers(env)));
  if (java && jars) return { use: "embedded", why: `Java ${java.major} is here` };
  const missing = java ? "Maven" : "Java";
  if (await engine()) return { use: "testcontainers", why: `no ${missing}, but a container engine answers` };
  return { use: "embedded", why: `no ${missing}, and no container engine either` };
}
