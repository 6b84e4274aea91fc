import type { Contract } from "@weir/contract";
import { createESr, type ESrState } from "@weir/stats";
import type { BaselineColumn } from "../drift/baseline.ts";
import type { RateChangeSpec } from "../spec.ts";
import { BAD, badRows, SILENT } from "./bad-rows.ts";
import { needed, type Alarm, type Detecting } from "./detector-rule.ts";

/** Records between two false alarms, at least, on average. */
const SPACING = 10_000;
/** A rate of nothing would make the first bad record infinitely unlikely. */
const RATE_MIN = 1e-6;

interface RateMemory extends ESrState {
  readonly n: number;
  readonly k: number;
}

/** Has the rate of bad records risen? */
export function rateChange(spec: RateChangeSpec, contract: Pick<Contract, "field">, column: BaselineColumn | null): Detecting {
  const known = column?.kind === "category" ? new Set([...column.values, ...column.others]) : null;
  const rows = badRows(spec, contract, known);
  const rate = Math.max(RATE_MIN, spec.rate ?? rateIn(spec, column));
  const detector = createESr({ rate, spacing: spec.spacing ?? SPACING });
  return {
    request: rows.request,
    remember: (saved) => {
      let memory: RateMemory = saved === null ? { ...detector.start(), n: 0, k: 0 } : JSON.parse(saved);
      return {
        saved: () => JSON.stringify(memory),
        take: ({ view, counted, first, end }) => {
          const marks = new Uint8Array(view.batch.count);
          rows.mark(view, marks);
          const alarms: Alarm[] = [];
          let { n, k } = memory;
          for (let row = first; row < end; row++) {
            const mark = marks[row];
            if (counted[row] === 0 || mark === SILENT) continue;
            n++;
            if (mark === BAD) k++;
            if (!detector.add(memory, mark === BAD)) continue;
            alarms.push({ row, n, k, expected: rate });
            [n, k] = [0, 0];
          }
          memory = { evidence: memory.evidence, n, k };
          return alarms;
        },
      };
    },
  };
}

/** The rate that the baseline had. */
function rateIn(spec: RateChangeSpec, column: BaselineColumn | null): number {
  if (column === null) {
    throw needed(spec, "the detector does not know which rate is in order", "set rate, or a baseline that has the field");
  }
  const m = column.counts.reduce((sum, count) => sum + count, 0);
  const countOf = (cell: string): number => column.counts[column.cells.indexOf(cell)] ?? 0;
  switch (spec.of) {
    case "null":
      return countOf("null") / m;
    case "class":
      return countOf(spec.value ?? "") / (m - countOf("null"));
    // The baseline holds neither: everything in it was valid and known.
    case "invalid":
    case "unseen":
      throw needed(spec, `a baseline says nothing of the rate of ${spec.of} values`, "set rate to what is in order, e.g. 0.1%");
  }
}
