import { Agent, request } from "node:http";
import { systemClock } from "@weir/service";

export interface ClientOptions {
  readonly port: number;
  readonly path: string;
  /** Numbers of this client's records, `from` up to and without `to`. */
  readonly from: number;
  readonly to: number;
  readonly batch: number;
  /** Sends a key with every request, the same with its repetitions. */
  readonly isKeyed: boolean;
  readonly recordOf: (number: number) => string;
  readonly deadline: number;
}

export interface ClientResult {
  /** Milliseconds of the attempts that were answered with 202. */
  readonly answeredMs: readonly number[];
  /** Milliseconds from the first attempt of a request to its 202. */
  readonly wholeMs: readonly number[];
  /** Attempts that were not answered with 202, by status; 0 where no answer came. */
  readonly failed: ReadonlyMap<number, number>;
}

const RETRY_MS_MAX = 500;
const ANSWER_MS = 20_000;

/** Sends its records in order, and each request again and again until it is accepted, as a producer over HTTP should. */
export async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { from, to, batch, isKeyed, recordOf, deadline } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answeredMs: number[] = [];
  const wholeMs: number[] = [];
  const failed = new Map<number, number>();
  try {
    for (let at = from; at < to; at += batch) {
      const body = `[${Array.from({ length: Math.min(batch, to - at) }, (_, i) => recordOf(at + i)).join(",")}]`;
      const headers = isKeyed ? { "idempotency-key": `request-${at}` } : {};
      const begun = performance.now();
      for (;;) {
        const attempt = performance.now();
        const { status, retryAfterMs } = await post(options, agent, body, headers);
        const now = performance.now();
        if (status === 202) {
          answeredMs.push(now - attempt);
          wholeMs.push(now - begun);
          break;
        }
        failed.set(status, (failed.get(status) ?? 0) + 1);
        if (now > deadline) throw new Error(`record ${at} was not accepted in time; last status ${status}`);
        await systemClock.sleep(Math.min(retryAfterMs, RETRY_MS_MAX));
      }
    }
  } finally {
    agent.destroy();
  }
  return { answeredMs, wholeMs, failed };
}

function post(
  { port, path }: ClientOptions,
  agent: Agent,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly retryAfterMs: number }> {
  return new Promise((resolve) => {
    const sent = request({
      host: "127.0.0.1",
      port,
      path,
      method: "POST",
      agent,
      timeout: ANSWER_MS,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers },
    });
    const nothing = (): void => resolve({ status: 0, retryAfterMs: 50 });
    sent.on("response", (response) => {
      response.resume();
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, retryAfterMs: 1000 * Number(response.headers["retry-after"] ?? 0.05) }),
      );
      response.on("error", nothing);
      response.on("aborted", nothing);
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", nothing);
    sent.end(body);
  });
}
