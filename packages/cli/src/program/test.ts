import { loadPipeline } from "@weir/service";
import { notTried, rulesOfGates } from "../not-tried.ts";
import { runTests, type TestResult } from "../pipeline-tests/run-tests.ts";
import { finish, type Shell } from "./shell.ts";
import { jsonOnly } from "../json-only.ts";

/** Differences of one test that are shown. */
const SHOWN = 20;

export function addTest({ command, env, output }: Shell): void {
  command(
    "test",
    "the tests that lie beside a pipeline: records in, expected ports and windows out; needs no broker",
    "  weir test my-pipeline\n  weir test my-pipeline --only 'no departure'",
  )
    .argument("<pipeline>", "folder with pipeline.yaml and *.test.yaml")
    .option("--only <text>", "tests whose names have this text")
    .option("--json", "one JSON line a test, then one of what no test has shown")
    .action(async (folder: string, flags: { only?: string; json?: boolean }) => {
      const loaded = loadPipeline(folder, env);
      jsonOnly(loaded, "test");
      const say = (result: TestResult): void => {
        if (flags.json) return output.data(JSON.stringify(result));
        const { file, name, differences, ms } = result;
        output.data(`${differences.length === 0 ? "ok  " : "FAIL"}  ${file}  ${name}  (${ms} ms)`);
        for (const line of differences.slice(0, SHOWN)) output.data(`        ${line}`);
        if (differences.length > SHOWN) output.data(`        and ${differences.length - SHOWN} more`);
      };
      const { results, uncovered } = await runTests(loaded, flags.only ?? null, say);
      const failed = results.filter((r) => r.differences.length > 0).length;
      for (const line of notTried(rulesOfGates(loaded))) output.note(line);
      if (flags.json) output.data(JSON.stringify({ tests: results.length, failed, uncovered }));
      else {
        output.note(`${results.length - failed} of ${results.length} tests hold`);
        if (uncovered.ports.length > 0) output.note(`no record of any test took ${uncovered.ports.join(", ")}`);
        if (uncovered.rules.length > 0) output.note(`nothing in any test broke ${uncovered.rules.join(", ")}`);
      }
      if (results.length === 0) output.note(`no test has a name with "${flags.only ?? ""}"`);
      finish(failed > 0 ? 5 : results.length === 0 ? 2 : 0);
    });
}
