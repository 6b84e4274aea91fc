import type { Broker, Note } from "./broker.ts";
import { startEmbedded } from "./embedded/embedded.ts";
import { findJava } from "./embedded/java.ts";
import { externalBroker } from "./external.ts";
import { hasContainerEngine, startContainer } from "./testcontainers.ts";

export interface StartOptions {
  /** `embedded`, `testcontainers` or `HOST:PORT`; undefined: whatever this machine has. */
  readonly use: string | undefined;
  readonly port: number;
  readonly dataDir: string;
  readonly note: Note;
}

/** A broker to work with; what was chosen and why is noted. */
export async function startBroker({ use, port, dataDir, note }: StartOptions): Promise<Broker> {
  const choice = use === undefined || use === "" ? await probe() : { use, why: "as told" };
  note(`Kafka: ${choice.use} (${choice.why})`);
  if (choice.use === "embedded") return startEmbedded({ dataDir, port, note });
  if (choice.use === "testcontainers") return startContainer(note);
  return externalBroker(choice.use);
}

async function probe(): Promise<{ use: string; why: string }> {
  const java = await findJava(process.env).catch(() => null);
  if (java) return { use: "embedded", why: `Java ${java.major} is here` };
  if (await hasContainerEngine()) return { use: "testcontainers", why: "no Java 17, but a container engine answers" };
  return { use: "embedded", why: "nothing else answers" };
}
