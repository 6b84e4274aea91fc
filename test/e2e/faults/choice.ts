import type { FaultCase } from "./fault-case.ts";

export interface Choice {
  /** Only faults whose name, part or kind of services (`inside`, `apart`) contains this. */
  readonly only: string | null;
  /** Of so many equal shares, the one to run, counted from 1. */
  readonly shard: { readonly number: number; readonly of: number };
  /** Leaves out what the results file says holds. */
  readonly resume: boolean;
  /** Only the first seed of each. */
  readonly once: boolean;
  /** Of the proxy's own chance. */
  readonly seed: number;
}

export interface Run {
  readonly of: FaultCase;
  readonly seed: number;
}

/** `--only TEXT --shard 1/3 --resume --once --seed N`. */
export function parseChoice(args: readonly string[]): Choice {
  let choice: Choice = { only: null, shard: { number: 1, of: 1 }, resume: false, once: false, seed: 1 };
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === "--resume") choice = { ...choice, resume: true };
    else if (flag === "--once") choice = { ...choice, once: true };
    else if (flag === "--only") choice = { ...choice, only: rest.shift() ?? "" };
    else if (flag === "--seed") choice = { ...choice, seed: wholeNumber(flag, rest.shift()) };
    else if (flag === "--shard") {
      const [number, of] = (rest.shift() ?? "").split("/");
      choice = { ...choice, shard: { number: wholeNumber(flag, number), of: wholeNumber(flag, of) } };
    } else throw new Error(`${flag} is not known; known are --only TEXT, --shard N/M, --resume, --once, --seed N`);
  }
  if (choice.shard.number > choice.shard.of) throw new Error(`there is no shard ${choice.shard.number} of ${choice.shard.of}`);
  return choice;
}

function wholeNumber(flag: string, text: string | undefined): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${flag} takes whole numbers from 1, not "${text ?? ""}"`);
  return value;
}

/** Runs of a shard, those of one kind of cluster together. */
export function chooseRuns(cases: readonly FaultCase[], { only, shard, once }: Choice): Run[] {
  const chosen = cases.filter(({ name, part, services }) => only === null || [name, part, services].some((text) => text.includes(only)));
  const runs = chosen.flatMap((of) => (once ? of.seeds.slice(0, 1) : of.seeds).map((seed) => ({ of, seed })));
  return runs.filter((_, i) => i % shard.of === shard.number - 1).sort((a, b) => a.of.nodes - b.of.nodes);
}
