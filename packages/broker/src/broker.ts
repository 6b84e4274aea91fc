/** A real Kafka to develop and test against. */
export interface Broker {
  readonly kind: "embedded" | "testcontainers" | "external";
  /** Bootstrap addresses, `HOST:PORT` separated by commas. */
  readonly address: string;
  /** Replication that topics can have. */
  readonly nodes: number;
  /** Resolves with the reason when it ends without having been stopped; absent where nobody would notice. */
  readonly fault?: Promise<Error>;
  /** Ends it in order; an external broker is left alone. */
  stop(): Promise<void>;
}

/** One that tests may hurt. */
export interface EmbeddedBroker extends Broker {
  readonly kind: "embedded";
  /** Ends one node, in order or at once (`kill -9`). */
  stopNode(node: number, how: "clean" | "kill"): Promise<void>;
  /** Starts a stopped node again with its data. */
  startNode(node: number): Promise<void>;
  /** Of the nodes that run. */
  readonly pids: readonly number[];
  /** Where a fault proxy has to connect to, a port a node; empty unless asked for. */
  readonly proxiedPorts: readonly number[];
  /** Bootstrap addresses of each secured listener by its name; empty unless asked for. */
  readonly doors: ReadonlyMap<string, string>;
}

export type Note = (line: string) => void;
