import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createRandom } from "../random.ts";
import { createConduit } from "./conduit.ts";
import { answeredBy, frameCutter, requestHeader, type FrameHeader } from "./frames.ts";
import { layFault, type ActiveFault, type Fault, type LaidFault } from "./script.ts";
import { FAIR, type Weather } from "./weather.ts";

/** Stands between clients and brokers and knows Kafka's frames: faults hit requests and answers, not bytes. */
export interface FaultProxy extends AsyncDisposable {
  /** Where clients come in, one address a broker. */
  readonly address: string;
  /** Requests by name, since the start. */
  readonly counts: ReadonlyMap<string, number>;
  lay(fault: Fault): LaidFault;
  /** From now on; what is not named is fair. */
  weather(weather: Partial<Weather>): void;
  /** Lifts all faults; the weather is fair. */
  clear(): void;
  /** Resets all connections. */
  cutAll(): void;
}

export interface FaultProxyOptions {
  /** Where it listens and to which port of the broker each of these leads. */
  readonly doors: readonly { readonly listen: number; readonly broker: number }[];
  readonly seed: number;
}

interface State {
  readonly faults: Set<ActiveFault>;
  readonly counts: Map<string, number>;
  readonly random: () => number;
  readonly connections: Set<Socket>;
  weather: Weather;
}

const HOST = "127.0.0.1";

export async function createFaultProxy({ doors, seed }: FaultProxyOptions): Promise<FaultProxy> {
  const state: State = { faults: new Set(), counts: new Map(), random: createRandom(seed), connections: new Set(), weather: FAIR };
  const servers = await Promise.all(doors.map(({ listen, broker }) => open(listen, (client) => join(client, broker, state))));
  const cutAll = (): void => {
    for (const client of state.connections) client.resetAndDestroy();
  };
  const clear = (): void => {
    for (const fault of state.faults) fault.lift();
    state.faults.clear();
    state.weather = FAIR;
  };
  return {
    address: doors.map((d) => `${HOST}:${d.listen}`).join(","),
    counts: state.counts,
    lay: (fault) => {
      const laid = layFault(fault, state.random);
      state.faults.add(laid);
      return laid;
    },
    weather: (weather) => {
      state.weather = { ...FAIR, ...weather };
    },
    clear,
    cutAll,
    async [Symbol.asyncDispose]() {
      clear();
      cutAll();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function open(port: number, onClient: (client: Socket) => void): Promise<Server> {
  const server = createServer(onClient);
  return new Promise((resolve, reject) => server.once("error", reject).listen(port, HOST, () => resolve(server)));
}

/** Joins a client with its broker until one of them goes. */
function join(client: Socket, brokerPort: number, state: State): void {
  const broker = connect({ host: HOST, port: brokerPort });
  let isOpen = true;
  const cut = (): void => {
    if (!isOpen) return;
    isOpen = false;
    state.connections.delete(client);
    client.resetAndDestroy();
    broker.destroy();
  };
  state.connections.add(client);
  for (const socket of [client, broker]) socket.setNoDelay(true).on("error", cut).on("close", cut);
  const stillOpen = (): boolean => isOpen;
  const current = (): Weather => state.weather;
  const toBroker = createConduit(broker, current, stillOpen);
  const toClient = createConduit(client, current, stillOpen);
  const asked = new Map<number, { readonly request: FrameHeader; readonly fault: ActiveFault | null }>();

  const onRequest = (frame: Buffer): void => {
    const request = requestHeader(frame);
    state.counts.set(request.api, (state.counts.get(request.api) ?? 0) + 1);
    const fault = [...state.faults].find((f) => f.claims(request)) ?? null;
    asked.set(request.correlationId, { request, fault });
    if (state.weather.lost.toBroker) return;
    if (fault?.fault.does === "cut-request") {
      cut();
      return fault.happened(request);
    }
    if (fault?.fault.does !== "hold-request") return toBroker.push(frame);
    toBroker.push(frame, released(fault));
    fault.happened(request);
  };

  const onAnswer = (frame: Buffer): void => {
    const of = asked.get(answeredBy(frame));
    asked.delete(answeredBy(frame));
    if (state.weather.lost.toClient) return;
    if (state.weather.resetChance > 0 && state.random() < state.weather.resetChance) return cut();
    const fault = of?.fault ?? null;
    if (of && fault && fault.fault.does !== "hold-request") {
      if (fault.fault.does === "cut-answer") cut();
      if (fault.fault.does === "nothing") toClient.push(frame);
      if (fault.fault.does === "hold-answer") toClient.push(frame, released(fault));
      return fault.happened(of.request);
    }
    toClient.push(frame);
  };

  client.on("data", guarded(frameCutter(onRequest), cut));
  broker.on("data", guarded(frameCutter(onAnswer), cut));
}

/** Bytes that are no frames end the connection, as a broker would. */
function guarded(take: (chunk: Buffer) => void, cut: () => void): (chunk: Buffer) => void {
  return (chunk) => {
    try {
      take(chunk);
    } catch {
      cut();
    }
  };
}

function released({ fault, lifted }: ActiveFault): Promise<unknown> {
  return fault.ms === undefined ? lifted : Promise.race([lifted, sleep(fault.ms, undefined, { ref: false })]);
}
