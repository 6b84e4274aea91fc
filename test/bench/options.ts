/** What `npm run bench` was asked for. */
export interface BenchOptions {
  readonly systems: readonly System[];
  /** Records that a system is given in one run; null: its own number. */
  readonly records: number | null;
  readonly runs: number;
  readonly json: boolean;
}

export const SYSTEMS = ["weir-pass", "weir-fused", "weir-services"] as const;
export type System = (typeof SYSTEMS)[number];

/** Enough for a drain of ten to twenty seconds on two processors. */
export const RECORDS: Readonly<Record<System, number>> = { "weir-pass": 6_000_000, "weir-fused": 6_000_000, "weir-services": 2_000_000 };
const QUICK_RECORDS = 1_000_000;
/** Below it the start of the processes is all there is to see. */
const LEAST_RECORDS = 100_000;

const USAGE = `npm run bench --silent -- [--json] [--records N] [--systems ${SYSTEMS.join(",")}] [--runs N] [--quick]`;

/** @throws {Error} that says how to call it. */
export function parseOptions(args: readonly string[]): BenchOptions {
  let options: BenchOptions = { systems: SYSTEMS, records: null, runs: 1, json: false };
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === "--json") options = { ...options, json: true };
    else if (flag === "--quick") options = { ...options, records: options.records ?? QUICK_RECORDS };
    else if (flag === "--records") options = { ...options, records: whole(flag, rest.shift(), LEAST_RECORDS) };
    else if (flag === "--runs") options = { ...options, runs: whole(flag, rest.shift(), 1) };
    else if (flag === "--systems") options = { ...options, systems: systemsIn(rest.shift() ?? "") };
    else throw new Error(`${flag} is not known\nusage: ${USAGE}`);
  }
  return options;
}

function whole(flag: string, text: string | undefined, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${flag} takes a whole number from ${least}, not "${text ?? ""}"\nusage: ${USAGE}`);
  return value;
}

function systemsIn(text: string): System[] {
  const isSystem = (name: string): name is System => SYSTEMS.some((s) => s === name);
  return text.split(",").map((name) => {
    if (!isSystem(name)) throw new Error(`there is no system "${name}"\nusage: ${USAGE}`);
    return name;
  });
}
