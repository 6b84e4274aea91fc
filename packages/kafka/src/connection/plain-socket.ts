import net from "node:net";
import { createFrames } from "./frames.ts";

/** As kafkajs has it. */
const KEEP_ALIVE_MS = 60_000;

/** What takes the answers of a connection; kafkajs, by its event `data`, as long as it is logging in. */
interface Taker {
  take(frame: Buffer): void;
}

const takers = new WeakMap<object, Taker>();

/**
 * A connection without TLS that hands over answers whole, read to where they stay. kafkajs gathers pieces of 64 KiB and
 * joins them: both were left to the garbage collector, as much again as the answers themselves.
 */
export function connectPlain({ host, port }: { readonly host: string; readonly port: number }, onConnect: () => void): net.Socket {
  const taker: Taker = { take: (frame) => void socket.emit("data", frame) };
  const frames = createFrames((frame) => taker.take(frame));
  const callback = (count: number): boolean => {
    try {
      frames.took(count);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  };
  const socket = net.connect({ host, port, onread: { buffer: () => frames.room(), callback } }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  takers.set(socket, taker);
  return socket;
}

/** From now on `take` gets the answers of such a connection; nothing happens where it is another. */
export function takeAnswers(socket: object, take: (frame: Buffer) => void): void {
  const taker = takers.get(socket);
  if (taker) taker.take = take;
}
