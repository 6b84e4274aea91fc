import { fork } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import path from "node:path";
import type { News, Order } from "./talk.ts";

/** The generator or the reader of a measurement: a process of its own, so that neither waits for the other or for the bench. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  tell(order: Order): void;
  /** The last news of that kind, as soon as there is one; rejects when the process ends before. */
  hear<K extends News["kind"]>(kind: K): Promise<NewsOf<K>>;
  /** The last news of that kind, null before the first. */
  last<K extends News["kind"]>(kind: K): NewsOf<K> | null;
}

type NewsOf<K extends News["kind"]> = Extract<News, { readonly kind: K }>;

/** One collector thread: helpers would take the processor from what is measured. */
const NODE_FLAGS = ["--conditions=weir-source", "--single-threaded-gc", "--import", "tsx"];

export function startChild(name: "generator" | "reader", task: object, logs: string): Child {
  const log = openSync(path.join(logs, `${name}.log`), "a");
  const child = fork(path.join(import.meta.dirname, `${name}.ts`), [JSON.stringify(task)], {
    execArgv: NODE_FLAGS,
    stdio: ["ignore", log, log, "ipc"],
  });
  const heard = new Map<News["kind"], News>();
  let wake: () => void = () => {};
  let changed = new Promise<void>((resolve) => (wake = resolve));
  const change = (): void => {
    wake();
    changed = new Promise<void>((resolve) => (wake = resolve));
  };
  child.on("message", (told) => {
    const news = told as News; // they send nothing else
    heard.set(news.kind, news);
    change();
  });
  child.once("exit", change);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const last = <K extends News["kind"]>(kind: K): NewsOf<K> | null => (heard.get(kind) as NewsOf<K> | undefined) ?? null; // kept by its kind
  return {
    pid: child.pid ?? 0,
    tell: (order) => void child.send(order),
    last,
    hear: async (kind) => {
      for (;;) {
        const news = last(kind);
        if (news) return news;
        if (isOver()) throw new Error(`the ${name} ended with ${child.exitCode ?? child.signalCode}; see ${name}.log in ${logs}`);
        await changed;
      }
    },
    [Symbol.asyncDispose]: async () => {
      if (isOver()) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL"); // it holds nothing that has to be closed
      await exit;
    },
  };
}
