import type { ChildProcess } from "node:child_process";
import { systemClock } from "@weir/service";
import { ended, startProcess, takesSignals } from "../fleet.ts";
import type { Services } from "./services.ts";

export interface ApartOptions {
  /** Folder of the pipeline. */
  readonly pipeline: string;
  readonly address: string;
  readonly slots: readonly string[];
  /** Where the logs of the processes go. */
  readonly logs: string;
  /** Points at which the process of a slot dies, life after life; afterwards it lives on. */
  readonly crashes?: ReadonlyMap<string, readonly string[]>;
  readonly busyMs?: number;
}

/** Processes of their own: they can die, freeze and be busy. */
export interface Processes extends Services {
  signal(slot: string, name: NodeJS.Signals): void;
  pid(slot: string): number;
  /** How long the process of the slot has lived. */
  ageMs(slot: string): number;
  /** A second process in a slot, not watched over. */
  twin(slot: string): { kill(): Promise<void> };
}

const RESTART_MS = 300;
const LOOK_MS = 50;

export function startApart({ pipeline, address, slots, logs, crashes = new Map(), busyMs = 0 }: ApartOptions): Processes {
  const children = new Map<string, ChildProcess>();
  const lives = new Map<string, number>();
  const bornAt = new Map<string, number>();
  const endings: string[] = [];
  let stopping = false;
  let restarts = 0;

  const spawn = (slot: string, crash?: string): ChildProcess =>
    startProcess(
      {
        slot,
        script: "test/e2e/faults/fire-main.ts",
        env: { WEIR_BUSY_MS: String(busyMs), ...(crash !== undefined && { WEIR_CRASH: crash }) },
      },
      { pipeline, address, logs },
    );
  const start = (slot: string): void => {
    const life = lives.get(slot) ?? 0;
    lives.set(slot, life + 1);
    const child = spawn(slot, crashes.get(slot)?.[life]);
    children.set(slot, child);
    bornAt.set(slot, systemClock.monotonic());
    child.once("exit", (code, signal) => {
      if (stopping || children.get(slot) !== child) return;
      endings.push(`${slot}: ${signal ?? `code ${String(code)}`}`);
      restarts++;
      void systemClock.sleep(RESTART_MS).then(() => {
        if (!stopping && children.get(slot) === child) start(slot);
      });
    });
  };
  const of = (slot: string): ChildProcess => {
    const child = children.get(slot);
    if (!child) throw new Error(`nothing was started in ${slot}`);
    return child;
  };
  const exchange = async (slot: string, signal: NodeJS.Signals): Promise<void> => {
    const old = of(slot);
    const isUp = (): boolean => takesSignals(old) || old.exitCode !== null || old.signalCode !== null;
    while (signal === "SIGTERM" && !isUp()) await systemClock.sleep(LOOK_MS); // as a rolling update waits for the successor
    children.delete(slot); // it is not to be started again by itself
    const code = await ended(old, signal);
    if (signal === "SIGTERM" && code !== 0) endings.push(`${slot}: ${String(code)} after SIGTERM`);
    start(slot);
  };
  for (const slot of slots) start(slot);
  return {
    slots,
    endings,
    get restarts() {
      return restarts;
    },
    kill: (slot) => exchange(slot, "SIGKILL"),
    replace: (slot) => exchange(slot, "SIGTERM"),
    signal: (slot, name) => void of(slot).kill(name),
    pid: (slot) => of(slot).pid ?? 0,
    ageMs: (slot) => systemClock.monotonic() - (bornAt.get(slot) ?? 0),
    twin: (slot) => {
      const child = spawn(slot);
      return { kill: async () => void (await ended(child, "SIGKILL")) };
    },
    stop: async () => {
      stopping = true;
      const codes = await Promise.all([...children.values()].map((child) => ended(child, "SIGTERM")));
      codes.forEach((code, i) => {
        if (code !== 0) endings.push(`${[...children.keys()][i] ?? ""}: ${String(code)} at the end`);
      });
    },
  };
}
