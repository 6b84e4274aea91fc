import { constantHeader, type Failure } from "@weir/record";
import type { WindowJudgement } from "@weir/rules";
import type { Decided } from "@weir/stream";
import type { LaneState, OpenWindow, Segment } from "./lane-state.ts";
import { decision, PASS, portOf, QUARANTINE, tagHeader } from "./outlet.ts";
import type { GateSettings } from "./settings.ts";
import { verdictId, verdictRecord, windowName, type ClosedBy } from "./verdict.ts";

/** Everything that a judged window lets go, in offset order, with its verdict. */
export function releaseWindow(
  settings: GateSettings,
  state: LaneState,
  window: OpenWindow,
  judgement: WindowJudgement,
  closedBy: ClosedBy,
): Decided[] {
  const verdicts = [verdictRecord(settings, state, window, judgement, closedBy)];
  const condemned = settings.hold && judgement.outcome === "quarantine" ? condemnation(settings, state, window, judgement) : null;
  const name = windowName(settings, window);
  const decided = window.segments.map((segment, i) => {
    const rows = segment.rows.slice(0, segment.count);
    const headers = [
      ...tagHeader(rows, (row) => segment.judgement.tags.get(row), judgement.tags),
      constantHeader("weir.window", name, rows.length),
    ];
    return decision({ batch: segment.batch, rows, headers, ...portsOf(rows, segment, condemned), ...(i === 0 && { verdicts }) });
  });
  if (decided.length > 0) return decided;
  if (state.batch === null) throw new Error(`window ${name} is open in a lane that has seen no batch`);
  return [{ batch: state.batch, rows: new Int32Array(0), ports: new Uint8Array(0), verdicts }];
}

function portsOf(rows: Int32Array, segment: Segment, condemned: Failure | null): { ports: Uint8Array; failures: Map<number, Failure> } {
  const failures = new Map<number, Failure>();
  const ports = new Uint8Array(rows.length).fill(condemned ? QUARANTINE : PASS);
  const { refused } = segment.judgement;
  if (condemned === null && refused.size === 0) return { ports, failures };
  for (let i = 0; i < rows.length; i++) {
    const refusal = condemned ? undefined : refused.get(rows[i]!); // i < length
    if (refusal) ports[i] = portOf(refusal);
    const failure = condemned ?? refusal?.failure;
    if (failure) failures.set(i, failure);
  }
  return { ports, failures };
}

/** One object for all records of the window, so that their headers are made once. */
function condemnation(settings: GateSettings, state: LaneState, window: OpenWindow, judgement: WindowJudgement): Failure {
  const told = judgement.rules
    .filter((r) => judgement.condemnedBy.some((ref) => ref.endsWith(`/${r.id}`)))
    .map(
      (r) =>
        `${r.id}: ${r.limitPpm === undefined ? `${r.n} records, allowed: ${r.min ?? 0} to ${r.max ?? "any number"}` : `${r.k} of ${r.n}, allowed: ${r.limitPpm / 10_000} %`}${r.verdict === "breach" ? "" : ` (${r.verdict})`}`,
    );
  return {
    class: "WINDOW",
    message: `window ${windowName(settings, window)}: ${told.join("; ")}`,
    rules: judgement.condemnedBy.slice(0, 20),
    verdict: verdictId(settings, state, window),
  };
}
