import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Weather } from "./weather.ts";

/** One way of one connection: frames go out in the order in which they came in. */
export interface Conduit {
  /** `until`: this frame, and all behind it, wait for it. */
  push(frame: Buffer, until?: Promise<unknown>): void;
}

/** A cut is not announced to what waits: `isOpen` is looked at when its turn has come. */
export function createConduit(to: Socket, weather: () => Weather, isOpen: () => boolean): Conduit {
  let waiting = 0;
  let turn: Promise<void> = Promise.resolve();
  let free = 0;
  const write = (frame: Buffer): void => {
    if (isOpen() && !to.destroyed) to.write(frame);
  };
  const deliver = async (frame: Buffer, due: number, before: Promise<void>, until: Promise<unknown> | undefined): Promise<void> => {
    await before;
    await until;
    const { bytesPerSecond } = weather();
    const start = Math.max(free, performance.now());
    if (bytesPerSecond !== null) free = start + (frame.length / bytesPerSecond) * 1000;
    const wait = Math.max(due, bytesPerSecond === null ? 0 : free) - performance.now();
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    write(frame);
    waiting--;
  };
  return {
    push: (frame, until) => {
      const { latencyMs, bytesPerSecond } = weather();
      if (waiting === 0 && until === undefined && latencyMs === 0 && bytesPerSecond === null) return write(frame);
      waiting++;
      turn = deliver(frame, performance.now() + latencyMs, turn, until);
    },
  };
}
