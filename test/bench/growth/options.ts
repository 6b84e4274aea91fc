import { AXES, type AxisName } from "./axes.ts";

/** What `npm run bench -- --growth` was asked for. */
export interface GrowthOptions {
  readonly axes: readonly AxisName[];
  /** Folder for what is measured; points that are there already are not measured again. */
  readonly out: string;
  /** Forget what is there. */
  readonly again: boolean;
  /** Records of every point; null: what each takes for some twenty seconds. */
  readonly records: number | null;
}

/** Below it the start of the processes is all there is to see. */
const LEAST_RECORDS = 20_000;

const USAGE = `npm run bench --silent -- --growth [--axes ${AXES.join(",")}] [--out DIR] [--again] [--records N]`;

/** @throws {Error} that says how to call it. */
export function parseGrowthOptions(args: readonly string[]): GrowthOptions {
  let options: GrowthOptions = { axes: AXES, out: "bench-results", again: false, records: null };
  const rest = [...args];
  for (let flag = rest.shift(); flag !== undefined; flag = rest.shift()) {
    if (flag === "--growth") continue;
    else if (flag === "--axes") options = { ...options, axes: axesIn(rest.shift() ?? "") };
    else if (flag === "--out") options = { ...options, out: rest.shift() ?? options.out };
    else if (flag === "--again") options = { ...options, again: true };
    else if (flag === "--records") options = { ...options, records: recordsIn(rest.shift()) };
    else throw new Error(`${flag} is not known to --growth\nusage: ${USAGE}`);
  }
  return options;
}

function axesIn(text: string): AxisName[] {
  const isAxis = (name: string): name is AxisName => AXES.some((axis) => axis === name);
  return text.split(",").map((name) => {
    if (!isAxis(name)) throw new Error(`there is no axis "${name}"\nusage: ${USAGE}`);
    return name;
  });
}

function recordsIn(text: string | undefined): number {
  const records = Number(text);
  if (!Number.isSafeInteger(records) || records < LEAST_RECORDS)
    throw new Error(`--records takes a whole number from ${LEAST_RECORDS}, not "${text ?? ""}"\nusage: ${USAGE}`);
  return records;
}
