import { createRequire } from "node:module";
import { WeirError } from "@weir/record";
import { connectPlain, takeAnswers } from "./plain-socket.ts";
import { saslOptions, tlsOptions, type Patience, type SecurityNow } from "./security.ts";

/**
 * The one file that reaches into kafkajs's sources (pinned, no `exports` map): its broker connections with TLS, SASL,
 * request queue and throttling. `checkInternals` compares what is there with what is used here before the first connection.
 */
export interface KafkajsConnection {
  readonly clientId: string;
  /** Read at every login. */
  sasl: object | null;
  readonly socket: { cork(): void; uncork(): void; write(bytes: Uint8Array): boolean };
  readonly requestQueue: {
    push(request: {
      entry: {
        apiKey: number;
        apiName: string;
        apiVersion: number;
        correlationId: number;
        resolve(answer: { payload: Buffer }): void;
        reject(error: Error): void;
      };
      expectResponse: true;
      requestTimeout: number;
      sendRequest(): void;
    }): void;
    maybeThrottle(ms: number): void;
    waitForPendingRequests(): Promise<void>;
    fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
  };
  /** Not null while it logs in, when it wants all answers for itself. */
  readonly authHandlers: object | null;
  processData(bytes: Buffer): void;
  isConnected(): boolean;
  isAuthenticated(): boolean;
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
}

export interface KafkajsBroker {
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  readonly connectionPool: { readonly pool: readonly KafkajsConnection[] };
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export interface SocketSettings {
  readonly clientId: string;
  readonly security: SecurityNow;
  readonly patience: Patience;
  readonly connectMs: number;
  /** Floor of every request's deadline; kafkajs takes the larger of this and the request's own. */
  readonly requestMs: number;
}

interface Internals {
  readonly Broker: new (options: object) => KafkajsBroker;
  readonly ConnectionPool: new (options: object) => object;
  readonly createLogger: (options: object) => object;
  readonly silent: () => () => void;
  readonly socketFactory: () => (options: SocketRequest) => object;
}

interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl?: object | null;
  onConnect(): void;
}

const FRAME_LENGTH_BYTES = 4;

let loaded: Internals | null = null;

/** A connection of its own to one broker, not yet connected. */
export function createBroker(address: BrokerAddress, settings: SocketSettings): KafkajsBroker {
  loaded ??= loadInternals();
  const security = settings.security();
  const logger = loaded.createLogger({ level: 0, logCreator: loaded.silent });
  const connectionPool = new loaded.ConnectionPool({
    ...address,
    rack: null,
    ssl: tlsOptions(security),
    sasl: saslOptions(security),
    clientId: settings.clientId,
    logger,
    socketFactory: socketFactoryOf(loaded),
    connectionTimeout: settings.connectMs,
    requestTimeout: settings.requestMs,
    enforceRequestTimeout: true,
    maxInFlightRequests: null,
    reauthenticationThreshold: 10_000,
  });
  return new loaded.Broker({ connectionPool, logger, allowAutoTopicCreation: false, authenticationTimeout: settings.connectMs });
}

function socketFactoryOf({ socketFactory }: Internals): (options: SocketRequest) => object {
  const withTls = socketFactory();
  return (options) => (options.ssl ? withTls(options) : connectPlain(options, options.onConnect));
}

/** Hands answers over without kafkajs's gathering of bytes, where the connection brings them whole. */
function takeOver(connection: KafkajsConnection): void {
  takeAnswers(connection.socket, (frame) => {
    if (connection.authHandlers) return connection.processData(frame);
    connection.requestQueue.fulfillRequest({
      size: frame.length - FRAME_LENGTH_BYTES,
      correlationId: frame.readInt32BE(FRAME_LENGTH_BYTES),
      payload: frame.subarray(2 * FRAME_LENGTH_BYTES),
    });
  });
}

/** kafkajs's own first connection; requests go over this one. */
export function connectionOf(broker: KafkajsBroker): KafkajsConnection {
  const first = broker.connectionPool.pool[0];
  if (first === undefined) throw foreignKafkajs("a connection pool without connections");
  takeOver(first);
  return first;
}

function loadInternals(): Internals {
  const require = createRequire(import.meta.url);
  const Broker: unknown = require("kafkajs/src/broker");
  const ConnectionPool: unknown = require("kafkajs/src/network/connectionPool");
  const Connection: unknown = require("kafkajs/src/network/connection");
  const RequestQueue: unknown = require("kafkajs/src/network/requestQueue");
  const loggers: unknown = require("kafkajs/src/loggers");
  const socketFactory: unknown = require("kafkajs/src/network/socketFactory");
  checkInternals("broker", Broker, ["connect", "disconnect", "isConnected"]);
  checkInternals("network/connectionPool", ConnectionPool, ["getConnection", "destroy"]);
  checkInternals("network/connection", Connection, ["isConnected", "isAuthenticated", "authenticate", "nextCorrelationId", "processData"]);
  checkInternals("network/requestQueue", RequestQueue, ["push", "maybeThrottle", "waitForPendingRequests", "rejectAll", "fulfillRequest"]);
  const createLogger: unknown = typeof loggers === "object" && loggers !== null && "createLogger" in loggers ? loggers.createLogger : null;
  if (typeof createLogger !== "function" || typeof socketFactory !== "function") throw foreignKafkajs("loggers or network/socketFactory");
  return {
    // The shapes were compared with the prototypes just above; what they return is used only as far as declared here.
    Broker: Broker as Internals["Broker"],
    ConnectionPool: ConnectionPool as Internals["ConnectionPool"],
    createLogger: createLogger as Internals["createLogger"],
    silent: () => () => undefined,
    socketFactory: socketFactory as Internals["socketFactory"],
  };
}

/** Throws when a class of kafkajs lacks one of the methods that we rely on. */
export function checkInternals(file: string, found: unknown, methods: readonly string[]): void {
  const prototype: unknown = typeof found === "function" ? found.prototype : null;
  const missing = methods.filter(
    (m) => typeof prototype !== "object" || prototype === null || typeof Reflect.get(prototype, m) !== "function",
  );
  if (missing.length > 0) throw foreignKafkajs(`${file} lacks ${missing.join(", ")}`);
}

function foreignKafkajs(why: string): WeirError {
  return new WeirError({
    code: "WEIR-7005",
    what: "the installed kafkajs is not the one that Weir was made for",
    where: "kafkajs/src",
    why,
    fix: "install the version that packages/kafka/package.json pins (2.2.4)",
  });
}
