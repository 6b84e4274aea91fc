import { RetriableError } from "@weir/record";
import { ByteReader, ByteWriter, ApiVersions, type Api } from "../wire/index.ts";
import { connectionFailure, isLoginRefused, unsupported, withDeadline } from "./failure.ts";
import { saslOptions } from "./security.ts";
import {
  connectionOf,
  createBroker,
  type BrokerAddress,
  type KafkajsBroker,
  type KafkajsConnection,
  type SocketSettings,
} from "./kafkajs-internals.ts";

export interface CallOptions {
  /** Highest version to use; the broker's and our own limits apply on top. */
  readonly version?: number;
  /** Time for the answer; never below the link's request time. */
  readonly deadlineMs?: number;
}

/** One connection to one broker, answered in order: whatever waits on it makes everything behind it wait. */
export interface BrokerSocket {
  readonly address: BrokerAddress;
  isOpen(): boolean;
  /** Highest version that both sides speak, null if none. */
  version(api: Api<unknown, unknown>, limit?: number): number | null;
  call<Request, Answer>(api: Api<Request, Answer>, request: Request, options?: CallOptions): Promise<Answer>;
  close(): void;
}

/** Connects, logs in and learns the broker's versions. */
export async function openSocket(address: BrokerAddress, settings: SocketSettings): Promise<BrokerSocket> {
  const where = `${address.host}:${address.port}`;
  const broker = createBroker(address, settings);
  try {
    await withDeadline(broker.connect(), 2 * settings.connectMs, where);
  } catch (error) {
    discard(broker);
    throw failureOf(error, where, settings);
  }
  settings.patience.granted();
  return createSocket(address, broker, settings);
}

function failureOf(error: unknown, where: string, { patience }: SocketSettings): Error {
  const failure = connectionFailure(error, where);
  return isLoginRefused(failure) ? patience.refused(failure) : failure;
}

/** Never awaited: kafkajs waits for answers that may not come. */
function discard(broker: KafkajsBroker): void {
  broker.disconnect().catch(() => undefined);
}

function createSocket(address: BrokerAddress, broker: KafkajsBroker, settings: SocketSettings): BrokerSocket {
  const connection = connectionOf(broker);
  const where = `${address.host}:${address.port}`;
  let closed = false;
  let login: Promise<void> | null = null;
  const version = (api: Api<unknown, unknown>, limit = Infinity): number | null => {
    const theirs = broker.versions?.[api.key];
    if (theirs === undefined) return null;
    const best = Math.min(theirs.maxVersion, api.versions[1], limit);
    return best < Math.max(theirs.minVersion, api.versions[0]) ? null : best;
  };
  /** kafkajs would take the answer of a running request for the login's: new requests wait until the old ones are answered. */
  const renewLogin = (): Promise<void> => {
    login ??= (async () => {
      await withDeadline(connection.requestQueue.waitForPendingRequests(), settings.requestMs, `${where} login`);
      connection.sasl = saslOptions(settings.security());
      await withDeadline(connection.authenticate(), settings.connectMs, `${where} login`);
    })().finally(() => {
      // Only when all who waited have sent theirs: a request that comes now must not overtake them.
      setImmediate(() => {
        login = null;
      });
    });
    return login;
  };
  const call = async <Request, Answer>(api: Api<Request, Answer>, request: Request, options: CallOptions = {}): Promise<Answer> => {
    const chosen = version(api, options.version);
    if (chosen === null) throw unsupported(`no common version of ${api.name}`, where);
    try {
      if (login !== null || (connection.sasl !== null && !connection.isAuthenticated())) await renewLogin();
      const payload = await send(connection, api, chosen, request, Math.max(options.deadlineMs ?? 0, settings.requestMs));
      return readAnswer(connection, api, chosen, payload);
    } catch (error) {
      throw failureOf(error, `${api.name} to ${where}`, settings);
    }
  };
  return {
    address,
    isOpen: () => !closed && connection.isConnected(),
    version,
    call,
    close() {
      closed = true;
      discard(broker);
    },
  };
}

function send<Request, Answer>(
  connection: KafkajsConnection,
  api: Api<Request, Answer>,
  version: number,
  request: Request,
  requestTimeout: number,
): Promise<Buffer> {
  const flexible = version >= api.flexibleFrom;
  const body = new ByteWriter(version, flexible);
  if (flexible) body.unsignedVarint(0); // the tag section that ends a flexible request's header
  api.request.write(body, request);
  const parts = body.parts();
  const correlationId = connection.nextCorrelationId();
  const header = requestHeader(api.key, version, correlationId, connection.clientId, parts);
  return new Promise((resolve, reject) => {
    if (!connection.isConnected()) throw new RetriableError("CONNECTION", "not connected");
    connection.requestQueue.push({
      entry: {
        apiKey: api.key,
        apiName: api.name,
        apiVersion: version,
        correlationId,
        resolve: (answer) => resolve(answer.payload),
        reject,
      },
      expectResponse: true,
      requestTimeout,
      sendRequest() {
        connection.socket.cork();
        connection.socket.write(header);
        for (const part of parts) connection.socket.write(part);
        connection.socket.uncork();
      },
    });
  });
}

function requestHeader(key: number, version: number, correlationId: number, clientId: string, parts: readonly Uint8Array[]): Buffer {
  const id = Buffer.from(clientId);
  const header = Buffer.allocUnsafe(14 + id.length);
  let length = header.length - 4;
  for (const part of parts) length += part.length;
  header.writeInt32BE(length, 0);
  header.writeInt16BE(key, 4);
  header.writeInt16BE(version, 6);
  header.writeInt32BE(correlationId, 8);
  header.writeInt16BE(id.length, 12);
  id.copy(header, 14);
  return header;
}

function readAnswer<Request, Answer>(connection: KafkajsConnection, api: Api<Request, Answer>, version: number, payload: Buffer): Answer {
  const flexible = version >= api.flexibleFrom;
  const reader = new ByteReader(payload, version, flexible);
  if (flexible && api.key !== ApiVersions.key) skipHeaderTags(reader); // ApiVersions keeps the old header for ever
  const answer = api.answer.read(reader);
  const throttleMs = typeof answer === "object" && answer !== null && "throttle" in answer ? answer.throttle : 0;
  if (typeof throttleMs === "number" && throttleMs > 0) connection.requestQueue.maybeThrottle(throttleMs);
  return answer;
}

function skipHeaderTags(reader: ByteReader): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    reader.unsignedVarint();
    reader.skip(reader.unsignedVarint());
  }
}
