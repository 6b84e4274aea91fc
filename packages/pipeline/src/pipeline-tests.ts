import * as z from "zod";
import type { SpecProblem } from "./problems.ts";
import { explainIssue, type KnownKeys } from "./shape/explain.ts";
import { expecting, fileInFolder } from "./shape/words.ts";
import { readYaml } from "./yaml-text.ts";

/** A file of tests of a pipeline: records in, and where they have to end. */
export interface PipelineTests {
  /** Members that every record of `given` has unless it says otherwise. */
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly tests: readonly PipelineTest[];
}

export interface PipelineTest {
  readonly name: string;
  /** Records as objects, or as the very text; or a file of one a line. */
  readonly given: readonly (string | Readonly<Record<string, unknown>>)[] | { readonly file: string };
  readonly expect: {
    /** Records by STAGE.PORT. */
    readonly counts: Readonly<Record<string, number>>;
    /** Verdicts by the id of the window. */
    readonly windows: Readonly<Record<string, string>>;
    readonly records: readonly ExpectedRecord[];
  };
}

export interface ExpectedRecord {
  readonly id: string;
  /** STAGE.PORT where it ends. */
  readonly port: string;
  /** Rule that refused it. */
  readonly rule?: string;
  /** Class of the dead letter. */
  readonly class?: string;
  /** Values at the end, by JSON pointer. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const MAX_TESTS = 1000;
const place = z.string(expecting("STAGE.PORT")).regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/, expecting("STAGE.PORT"));
const text = z.string(expecting("text")).min(1).max(1000);
const members = z.record(z.string(), z.unknown());

const expected = z.strictObject({
  counts: z.record(place, z.int(expecting("a whole number")).min(0)).default({}),
  windows: z.record(text, z.enum(["pass", "breach", "insufficient", "error"])).default({}),
  records: z
    .array(z.strictObject({ id: text, port: place, rule: text.exactOptional(), class: text.exactOptional(), fields: members.default({}) }))
    .default([]),
});

const schema: z.ZodType<PipelineTests> = z.strictObject({
  defaults: members.default({}),
  tests: z
    .array(
      z.strictObject({
        name: text,
        given: z.union(
          [z.array(z.union([z.string(), members])), z.strictObject({ file: fileInFolder })],
          expecting("a list of records, or {file: PATH}"),
        ),
        expect: expected.refine(
          ({ counts, windows, records }) => Object.keys(counts).length + Object.keys(windows).length + records.length > 0,
          {
            error: "expected counts, windows or records: a test that expects nothing cannot fail",
          },
        ),
      }),
    )
    .min(1)
    .max(MAX_TESTS),
});

const KEYS: Readonly<Record<string, readonly string[]>> = {
  "": ["defaults", "tests"],
  tests: ["name", "given", "expect"],
  given: ["file"],
  expect: ["counts", "windows", "records"],
  records: ["id", "port", "rule", "class", "fields"],
};
const KNOWN: KnownKeys = {
  at: (_value, path) => KEYS[String(path.findLast((step) => typeof step === "string") ?? "")] ?? [],
  elsewhere: (key) => Object.entries(KEYS).flatMap(([at, keys]) => (at !== "" && keys.includes(key) ? [at] : [])),
};

/** Reads a file `*.test.yaml`; every problem at once. */
export function parsePipelineTests(
  source: string,
  file: string,
): { readonly tests: PipelineTests | null; readonly problems: readonly SpecProblem[] } {
  const yaml = readYaml(source, file, null);
  if (yaml.problems.length > 0) return { tests: null, problems: yaml.problems };
  const result = schema.safeParse(yaml.value ?? {});
  if (!result.success) return { tests: null, problems: result.error.issues.flatMap((issue) => explainIssue(issue, yaml, KNOWN)) };
  return { tests: result.data, problems: [] };
}
