import type { FrameHeader } from "./frames.ts";

/** A fault as data: what is done to the n-th request that it is about, or to its answer. */
export interface Fault {
  /** Name of the request in Kafka's protocol; absent: any. */
  readonly api?: string;
  /** Client id; absent: any. */
  readonly client?: string;
  /** The first that is hit, counted from 1 over those that the fault is about. */
  readonly nth?: number;
  /** How many from there on; default 1. */
  readonly times?: number;
  /** Each of them only with this chance; seeded by the proxy. */
  readonly chance?: number;
  /**
   * `cut-request`: the broker never gets it, the connection is reset. `cut-answer`: the broker has answered, the client
   * gets a reset. `lose-answer`: nothing comes, the connection stays. `hold-request`, `hold-answer`: it waits `ms`, or
   * until the fault is lifted, and all behind it on the connection.
   */
  readonly does: "cut-request" | "cut-answer" | "lose-answer" | "hold-request" | "hold-answer" | "nothing";
  readonly ms?: number;
}

/** A fault that was laid. */
export interface LaidFault {
  readonly fault: Fault;
  readonly hits: number;
  /** The first hit: what is held waits at that moment, what is lost or cut has been. */
  readonly hit: Promise<FrameHeader>;
  /** Ends it; what it holds goes on. */
  lift(): void;
}

/** A laid fault as the proxy works with it. */
export interface ActiveFault extends LaidFault {
  readonly lifted: Promise<void>;
  /** Is this request its next victim? Counts it. */
  claims(request: FrameHeader): boolean;
  happened(request: FrameHeader): void;
}

export function layFault(fault: Fault, random: () => number): ActiveFault {
  const { nth = 1, times = 1, chance = 1 } = fault;
  let seen = 0;
  let hits = 0;
  let over = false;
  let tell: (request: FrameHeader) => void = () => {};
  let release: () => void = () => {};
  const hit = new Promise<FrameHeader>((resolve) => (tell = resolve));
  const lifted = new Promise<void>((resolve) => (release = resolve));
  return {
    fault,
    hit,
    lifted,
    get hits() {
      return hits;
    },
    claims: ({ api, clientId }) => {
      if (over || (fault.api ?? api) !== api || (fault.client ?? clientId) !== clientId) return false;
      if (++seen < nth || hits >= times || random() >= chance) return false;
      hits++;
      return true;
    },
    happened: (request) => tell(request),
    lift: () => {
      over = true;
      release();
    },
  };
}
