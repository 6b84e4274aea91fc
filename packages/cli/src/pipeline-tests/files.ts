import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { formatProblem, parsePipelineTests, type PipelineTest, type PipelineTests } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import { readLines } from "../produce/lines.ts";

export interface TestFile extends PipelineTests {
  readonly file: string;
}

/** Every `*.test.yaml` of the pipeline's folder and of its folder `tests`. */
export function readTestFiles(folder: string): TestFile[] {
  const files = [folder, path.join(folder, "tests")].flatMap((place) => testFilesIn(place));
  if (files.length === 0) {
    throw new WeirError(
      {
        code: "WEIR-6050",
        what: "the pipeline has no tests",
        where: folder,
        why: "there is no file *.test.yaml in it or in its folder tests",
        fix: "write one; weir init makes a pipeline that has some",
      },
      { exitCode: 2 },
    );
  }
  const read = files.map((file) => ({ file, ...parsePipelineTests(readFileSync(file, "utf8"), file) }));
  const problems = read.flatMap((r) => r.problems);
  if (problems.length > 0) {
    throw new WeirError(
      {
        code: "WEIR-6051",
        what: "the tests of the pipeline cannot be read",
        where: folder,
        why: problems.map(formatProblem).join("\n         "),
        fix: "correct what is named",
      },
      { exitCode: 3 },
    );
  }
  return read.flatMap(({ file, tests }) => (tests === null ? [] : [{ file, ...tests }]));
}

function testFilesIn(place: string): string[] {
  try {
    return readdirSync(place)
      .filter((name) => /\.test\.ya?ml$/.test(name))
      .sort()
      .map((name) => path.join(place, name));
  } catch {
    return [];
  }
}

/** The records of a test as lines. */
export async function* linesOf(folder: string, { defaults }: PipelineTests, { given }: PipelineTest): AsyncGenerator<Uint8Array> {
  if ("file" in given) yield* readLines(path.resolve(folder, given.file));
  else for (const row of given) yield Buffer.from(typeof row === "string" ? row : JSON.stringify({ ...defaults, ...row }));
}
