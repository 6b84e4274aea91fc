import { RetriableError, type WeirError } from "@weir/record";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiVersions, FindCoordinator, knownError, Metadata, NO_UUID, SaslHandshake, type Api } from "../wire/index.ts";
import { parseAddress } from "./address.ts";
import { openSocket, type BrokerSocket, type CallOptions } from "./broker-socket.ts";
import { brokerFailure, connectionFailure, unreachable, unsupported } from "./failure.ts";
import type { BrokerAddress, SocketSettings } from "./kafkajs-internals.ts";
import { speaksPlain, speaksTls } from "./listener.ts";
import { loginRefused, otherProtocol } from "./security-failure.ts";
import { createPatience, type SecurityNow } from "./security.ts";

/** Every kind has a connection of its own per broker, because a broker answers one connection in order. */
export type SocketKind = "control" | "produce" | `fetch-${number}` | "group" | `group-${number}` | "leave";
export type CoordinatorType = "group" | "transaction";

export interface LinkOptions {
  /** `host:port`, IPv6 in brackets. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Absent: plain text, nobody logs in. */
  readonly security?: SecurityNow;
  readonly connectMs?: number;
  /** Deadline of every request that does not ask for a longer one. */
  readonly requestMs?: number;
}

export interface TopicInfo {
  readonly name: string;
  /** 32 hexadecimal digits; zeros where the broker has no ids. */
  readonly topicId: string;
  /** By partition; -1 while there is none. */
  readonly leaders: readonly number[];
}

export interface CoordinatorCall<Answer> extends CallOptions {
  readonly kind?: SocketKind;
  /** Picks the error code that may say "not the coordinator any more"; default: `error` of the answer. */
  readonly errorOf?: (answer: Answer) => number;
}

/** Our requests over broker connections: who answers what, and on which connection. */
export interface Link extends AsyncDisposable {
  readonly clientId: string;
  /** Level in force by name of the features that the cluster has finalized: `group.version`, `transaction.version`, … */
  readonly features: ReadonlyMap<string, number>;
  /** Does the cluster speak this version of the API (or any that we speak)? */
  supports(api: Api<unknown, unknown>, version?: number): boolean;
  /** Some broker of the cluster. */
  any(kind?: SocketKind): Promise<BrokerSocket>;
  socket(nodeId: number, kind: SocketKind): Promise<BrokerSocket>;
  call<Request, Answer>(to: BrokerSocket, api: Api<Request, Answer>, request: Request, options?: CallOptions): Promise<Answer>;
  /**
   * One request to a coordinator, no repeats. A moved coordinator or a lost connection makes the next call look it up
   * again; the answer (or the failure) is the caller's to judge.
   */
  toCoordinator<Request, Answer>(
    type: CoordinatorType,
    key: string,
    api: Api<Request, Answer>,
    request: Request,
    options?: CoordinatorCall<Answer>,
  ): Promise<Answer>;
  /** Topics that exist, by name; from the cache unless `fresh`. */
  topics(names: readonly string[], options?: { readonly fresh?: boolean }): Promise<ReadonlyMap<string, TopicInfo>>;
  /** Asks anew for brokers and these topics; at most one look-up at a time. */
  refresh(names: readonly string[]): Promise<void>;
}

const COORDINATOR_ATTEMPTS = 100;
const COORDINATOR_PAUSE_MS = 100;

/** How long a broker is asked again that took a connection and then hung up, or gave no answer. */
const PROVE_FOR_MS = 5_000;
const PROVE_PAUSE_MS = 200;

/** Connects to the first broker that answers. One that takes no connection is told at once; what breaks after that is tried again. */
export async function openLink(options: LinkOptions): Promise<Link> {
  const settings: SocketSettings = {
    clientId: options.clientId,
    security: options.security ?? (() => ({})),
    patience: createPatience(() => performance.now()),
    connectMs: options.connectMs ?? 5_000,
    requestMs: options.requestMs ?? 15_000,
  };
  const seeds = options.brokers.map(parseAddress);
  const until = performance.now() + PROVE_FOR_MS;
  for (let attempt = 0; ; attempt++) {
    const turned = seeds.map((_, i) => seeds[(i + attempt) % seeds.length]!); // as many as there are
    const seed = await firstThatAnswers(turned, settings);
    try {
      return await createProvenLink(settings, seeds, seed);
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      const refused = await wantedLogin(seed.address, settings);
      if (refused !== null) throw refused;
      if (performance.now() > until) throw unreachable(seeds.map(socketName), [error.message]);
      await sleep(PROVE_PAUSE_MS);
    }
  }
}

/** Everybody is told the versions, once and before the login: only an answer to metadata proves a connection. */
async function createProvenLink(settings: SocketSettings, seeds: readonly BrokerAddress[], seed: BrokerSocket): Promise<Link> {
  const found = await seed.call(ApiVersions, { name: "weir", version: "0.1.0" }).catch((error: unknown) => {
    seed.close();
    throw error;
  });
  if (found.error !== 0) throw unsupported("ApiVersions 3 refused", seeds.map(socketName).join(", "));
  const features = new Map((found.tagged ?? []).map((f) => [f.name, f.max]));
  const link = createLink(settings, seeds, seed, features);
  try {
    await link.refresh([]);
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
  return link;
}

/** A listener with SASL hangs up on whoever asks for anything without a login; null: that was not the reason. */
async function wantedLogin(address: BrokerAddress, settings: SocketSettings): Promise<WeirError | null> {
  if (settings.security().sasl !== undefined) return null;
  try {
    const socket = await openSocket(address, settings);
    const { error, mechanisms } = await socket.call(SaslHandshake, { mechanism: "PLAIN" }).finally(() => socket.close());
    if (knownError(error).name === "ILLEGAL_SASL_STATE") return null;
    return loginRefused(socketName(address), `the listener wants a login by ${mechanisms.join(" or ")}, and the settings have no sasl`);
  } catch {
    return null; // the first failure is the one to tell
  }
}

async function firstThatAnswers(seeds: readonly BrokerAddress[], settings: SocketSettings): Promise<BrokerSocket> {
  const reasons: string[] = [];
  for (const address of seeds) {
    try {
      return await openSocket(address, settings);
    } catch (error) {
      if (!(error instanceof RetriableError)) throw error;
      reasons.push(error.message);
    }
  }
  throw (await mismatch(seeds, settings)) ?? unreachable(seeds.map(socketName), reasons);
}

/** Nobody answered: does one of them speak TLS where we do not, or the other way round? */
async function mismatch(seeds: readonly BrokerAddress[], settings: SocketSettings): Promise<WeirError | null> {
  const encrypted = settings.security().tls !== undefined;
  for (const address of seeds) {
    if (!encrypted && (await speaksTls(address)))
      return otherProtocol(
        socketName(address),
        "it speaks TLS, the settings are plain",
        "add kafka.tls to the environment file, or use another port",
      );
    if (encrypted && (await speaksPlain(address)))
      return otherProtocol(
        socketName(address),
        "it speaks no TLS, the settings do",
        "leave out kafka.tls, or use the port of the TLS listener",
      );
  }
  return null;
}

function socketName({ host, port }: BrokerAddress): string {
  return `${host}:${port}`;
}

function createLink(
  settings: SocketSettings,
  seeds: readonly BrokerAddress[],
  seed: BrokerSocket,
  features: ReadonlyMap<string, number>,
): Link {
  const brokers = new Map<number, BrokerAddress>();
  const sockets = new Map<string, BrokerSocket>([["seed/control", seed]]);
  const opening = new Map<string, Promise<BrokerSocket>>();
  const coordinators = new Map<string, number>();
  const topics = new Map<string, TopicInfo>();
  let refreshing: Promise<void> = Promise.resolve();
  let closed = false;

  /** One look-up at a time per connection: two would open two sockets. */
  const open = (key: string, connect: () => Promise<BrokerSocket>): Promise<BrokerSocket> => {
    if (closed) return Promise.reject(new RetriableError("CLOSED", "the link is closed"));
    const ready = sockets.get(key);
    if (ready?.isOpen()) return Promise.resolve(ready);
    const running =
      opening.get(key) ??
      connect()
        .then((socket) => {
          ready?.close();
          if (closed) socket.close();
          sockets.set(key, socket);
          return socket;
        })
        .finally(() => opening.delete(key));
    opening.set(key, running);
    return running;
  };
  const socket = (nodeId: number, kind: SocketKind): Promise<BrokerSocket> => {
    const address = brokers.get(nodeId);
    if (address === undefined)
      return Promise.reject(new RetriableError("BROKER_UNKNOWN", `broker ${nodeId} is not part of the cluster we know`));
    return open(`${nodeId}/${address.host}:${address.port}/${kind}`, () => openSocket(address, settings));
  };
  const any = async (kind: SocketKind = "control"): Promise<BrokerSocket> => {
    for (const nodeId of brokers.keys()) {
      try {
        return await socket(nodeId, kind);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
      }
    }
    return open("seed/control", async () => {
      try {
        return await firstThatAnswers(seeds, settings);
      } catch (error) {
        throw new RetriableError("UNREACHABLE", connectionFailure(error, "bootstrap").message, error);
      }
    });
  };
  const lookUp = async (names: readonly string[]): Promise<void> => {
    const to = await any();
    const answer = await to.call(Metadata, {
      topics: names.map((name) => ({ topicId: NO_UUID, name })),
      createTopics: false,
      clusterOperations: false,
      topicOperations: false,
    });
    if (answer.brokers.length > 0) brokers.clear();
    for (const b of answer.brokers) brokers.set(b.nodeId, { host: b.host, port: b.port });
    for (const t of answer.topics) {
      if (t.name === null) continue;
      if (knownError(t.error).kind === "rights") throw brokerFailure(t.error, `topic ${t.name}`);
      if (t.error !== 0) topics.delete(t.name); // not there, not yet, or not a name that could be
      else topics.set(t.name, { name: t.name, topicId: t.topicId, leaders: leadersOf(t.partitions) });
    }
  };
  const refresh = (names: readonly string[]): Promise<void> => {
    const next = refreshing.catch(() => undefined).then(() => lookUp(names));
    refreshing = next;
    return next;
  };
  const coordinator = async (type: CoordinatorType, key: string): Promise<number> => {
    const id = `${type}/${key}`;
    for (let attempt = 0; attempt < COORDINATOR_ATTEMPTS; attempt++) {
      const known = coordinators.get(id);
      if (known !== undefined) return known;
      const found = await findCoordinator(await any(), type, key);
      if (found.error === 0) {
        if (!brokers.has(found.nodeId)) await refresh([]);
        coordinators.set(id, found.nodeId);
      } else if (knownError(found.error).kind !== "coordinator") {
        throw brokerFailure(found.error, `coordinator of ${type} ${key}`, found.message);
      } else await sleep(COORDINATOR_PAUSE_MS);
    }
    throw new RetriableError(
      "COORDINATOR_NOT_AVAILABLE",
      `no coordinator of ${type} ${key} for ${COORDINATOR_ATTEMPTS * COORDINATOR_PAUSE_MS} ms`,
    );
  };
  return {
    clientId: settings.clientId,
    features,
    supports: (api, version) => {
      const [first] = [...sockets.values()].filter((s) => s.isOpen());
      const best = first?.version(api) ?? null;
      return best !== null && (version === undefined || best >= version);
    },
    any,
    socket,
    call: (to, api, request, callOptions) => to.call(api, request, callOptions),
    async toCoordinator(type, key, api, request, callOptions = {}) {
      const id = `${type}/${key}`;
      try {
        const to = await socket(await coordinator(type, key), callOptions.kind ?? "control");
        const answer = await to.call(api, request, callOptions);
        if (knownError(callOptions.errorOf ? callOptions.errorOf(answer) : errorIn(answer)).kind === "coordinator") coordinators.delete(id);
        return answer;
      } catch (error) {
        coordinators.delete(id);
        if (error instanceof RetriableError && error.code !== "TIMEOUT") await refresh([]).catch(() => undefined);
        throw error;
      }
    },
    async topics(names, { fresh = false } = {}) {
      const missing = fresh ? names : names.filter((n) => !topics.has(n));
      if (missing.length > 0) await refresh(missing);
      const found = new Map<string, TopicInfo>();
      for (const name of names) {
        const info = topics.get(name);
        if (info !== undefined) found.set(name, info);
      }
      return found;
    },
    refresh,
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const s of sockets.values()) s.close();
    },
  };
}

async function findCoordinator(
  to: BrokerSocket,
  type: CoordinatorType,
  key: string,
): Promise<{ error: number; nodeId: number; message: string | null }> {
  const answer = await to.call(FindCoordinator, { key, type: type === "group" ? 0 : 1, keys: [key] });
  return answer.coordinators[0] ?? { error: answer.error, nodeId: answer.nodeId, message: answer.message };
}

function leadersOf(partitions: readonly { readonly partition: number; readonly leader: number }[]): number[] {
  const leaders = Array.from({ length: partitions.length }, () => -1);
  for (const p of partitions) leaders[p.partition] = p.leader;
  return leaders;
}

function errorIn(answer: unknown): number {
  const error: unknown = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : 0;
  return typeof error === "number" ? error : 0;
}
