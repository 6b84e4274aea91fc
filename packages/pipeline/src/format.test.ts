import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatPipeline } from "./format.ts";

const FLIGHTS = readFileSync(new URL("../../../deploy/pipelines/flights/pipeline.yaml", import.meta.url), "utf8");
const format = (text: string): string => {
  const { text: formatted, problems } = formatPipeline(text, "pipeline.yaml");
  expect(problems).toEqual([]);
  return formatted ?? "";
};

test("the pipeline that ships is in canonical form", () => expect(format(FLIGHTS)).toBe(FLIGHTS));

test("keys come in the order of the reference, comments go with what they are about, and twice is once", () => {
  const text = `# the pipeline
kind:   Pipeline
apiVersion: weir/v1
stages:
    # refuses
    gate:
        pass:   {topic: x}   # on to x
        rules:
        -   {kind: schema,    id: contract}

        # of the far
        - {max: 6000, id: far, kind: range, field: /distance, min: 1}
        type: gate
    ingest: {out: gate, type: ingest}
record: {id:   /id, contract: a.json}
metadata:
  owner: "group:x"
  name: p
`;
  const formatted = format(text);
  expect(formatted).toBe(`# the pipeline
apiVersion: weir/v1
kind: Pipeline
metadata:
  name: p
  owner: "group:x"
record: { id: /id, contract: a.json }
stages:
  # refuses
  gate:
    type: gate
    rules:
      - { kind: schema, id: contract }

      # of the far
      - { max: 6000, id: far, kind: range, field: /distance, min: 1 }
    pass: { topic: x } # on to x
  ingest: { out: gate, type: ingest }
`);
  expect(format(formatted)).toBe(formatted);
});

test.each([
  ["a: [", "WEIR-1001"],
  ["a: 1\na: 2", "WEIR-1003"],
  ["a: &x {b: 1}\nc: {<<: *x}", "WEIR-1004"],
])("%j is refused with %s and left alone", (text, code) => {
  const { text: formatted, problems } = formatPipeline(text, "pipeline.yaml");
  expect(formatted).toBeNull();
  expect(problems[0]?.code).toBe(code);
});

test("values are kept as they were written: quotes, variables, long lines, numbers", () => {
  const text = `stages:\n  a: { when: "x >= 0.9", b: '1', c: 0x10, d: 1.0, e: "\${SECRET}", f: ${"word ".repeat(60).trim()} }\n`;
  expect(format(text)).toContain("'1'");
  expect(format(format(text))).toBe(format(text));
});

test("a comment anywhere in the file is still there, and twice is once", () => {
  const lines = FLIGHTS.split("\n");
  for (let i = 0; i < lines.length; i += 7) {
    const line = lines[i] ?? "";
    for (const changed of [`${line} # odd`, `# odd\n${line}`, `\n${line}`]) {
      const formatted = format([...lines.slice(0, i), changed, ...lines.slice(i + 1)].join("\n"));
      expect(formatted.includes("# odd")).toBe(changed.includes("# odd"));
      expect(format(formatted)).toBe(formatted);
    }
  }
});

test.each(["", "# nothing yet\n"])("%j has nothing to format", (text) => expect(format(text)).toBe(text));
