import path from "node:path";
import type { LoadedPipeline } from "@weir/service";
import type { RuleSpec } from "@weir/rules";
import { dryRun, type DryRun } from "../dry-run/dry-run.ts";
import { linesOf, readTestFiles } from "./files.ts";
import { judge, refusedBy } from "./judge.ts";

export interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly records: number;
  /** What is otherwise than expected; empty: it holds. */
  readonly differences: readonly string[];
  readonly ms: number;
}

/** What no test has shown yet. */
export interface Uncovered {
  /** STAGE.PORT that no record of any test took. */
  readonly ports: readonly string[];
  /** STAGE/RULE of gates that no record or window of any test broke. */
  readonly rules: readonly string[];
}

export interface Tested {
  readonly results: readonly TestResult[];
  readonly uncovered: Uncovered;
}

/** Every test over its own log in memory, through the real stages; `onResult` as they end. */
export async function runTests(loaded: LoadedPipeline, only: string | null, onResult: (result: TestResult) => void): Promise<Tested> {
  const results: TestResult[] = [];
  const runs: DryRun[] = [];
  for (const file of readTestFiles(loaded.folder)) {
    for (const test of file.tests) {
      if (only !== null && !test.name.includes(only)) continue;
      const startedAt = performance.now();
      const run = await dryRun(loaded, linesOf(loaded.folder, file, test));
      runs.push(run);
      const result = {
        file: path.relative(loaded.folder, file.file),
        name: test.name,
        records: run.records,
        differences: judge(test, run),
        ms: Math.round(performance.now() - startedAt),
      };
      results.push(result);
      onResult(result);
    }
  }
  return { results, uncovered: uncoveredBy(loaded, runs) };
}

function uncoveredBy({ pipeline, topology }: LoadedPipeline, runs: readonly DryRun[]): Uncovered {
  const taken = new Set(
    runs.flatMap(({ status }) =>
      status.stages.flatMap(({ id, ports }) => Object.entries(ports).flatMap(([port, n]) => (n > 0 ? [`${id}.${port}`] : []))),
    ),
  );
  const ports = topology.stages.flatMap(({ id, type, outputs }) =>
    type === "ingest" ? [] : [...outputs.keys()].map((port) => `${id}.${port}`),
  );
  const isBroken = (stage: string, { id, kind }: RuleSpec): boolean =>
    runs.some(
      ({ status, outcomes }) =>
        status.windows.some((w) => w.stage === stage && w.broken.some((b) => b.rule === id)) ||
        outcomes.some((o) => o.stage === stage && (refusedBy(o, id) || (kind === "schema" && o.failure?.class === "CONTRACT"))),
    );
  const rules = [...pipeline.stages.values()].flatMap((stage) =>
    stage.type === "gate"
      ? stage.rules.filter((rule) => rule.kind !== "silence" && !isBroken(stage.id, rule)).map(({ id }) => `${stage.id}/${id}`)
      : [],
  );
  return { ports: ports.filter((port) => !taken.has(port)), rules };
}
