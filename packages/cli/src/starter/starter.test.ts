import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reportError } from "../output.ts";
import { createProgram } from "../program.ts";
import { Exit } from "../program/shell.ts";

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "weir-starter-"));
  folder = path.join(root, "orders");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function weir(...args: string[]): Promise<{ readonly code: number; readonly data: string[]; readonly notes: string }> {
  const [data, notes]: [string[], string[]] = [[], []];
  const output = { data: (line: string) => void data.push(line), note: (line: string) => void notes.push(line) };
  try {
    await createProgram({}, output).parseAsync(["node", "weir", ...args]);
    return { code: 0, data, notes: notes.join("\n") };
  } catch (error) {
    return { code: error instanceof Exit ? error.code : reportError(error, output), data, notes: notes.join("\n") };
  }
}

function change(file: string, from: string, to: string): void {
  const text = readFileSync(path.join(folder, file), "utf8");
  expect(text).toContain(from);
  writeFileSync(path.join(folder, file), text.replace(from, to));
}

test("what init makes is valid without a warning, in canonical form, and its tests hold and show everything", async () => {
  const made = await weir("init", folder, "--json");
  expect(JSON.parse(made.data[0] ?? "")).toMatchObject({
    pipeline: "orders",
    files: expect.arrayContaining([path.join(folder, "pipeline.yaml")]),
  });
  expect(await weir("validate", folder, "--strict")).toMatchObject({ code: 0, notes: "" });
  expect(await weir("fmt", folder, "--check")).toMatchObject({ code: 0, data: [] });
  const tested = await weir("test", folder, "--json");
  expect(tested.code, tested.data.join("\n")).toBe(0);
  expect(JSON.parse(tested.data.at(-1) ?? "")).toEqual({ tests: 3, failed: 0, uncovered: { ports: [], rules: [] } });
});

test("the tests of the pipeline that ships hold", async () => {
  const flights = fileURLToPath(new URL("../../../../deploy/pipelines/flights", import.meta.url));
  const { code, data } = await weir("test", flights, "--json");
  expect(code, data.join("\n")).toBe(0);
  expect(JSON.parse(data.at(-1) ?? "")).toMatchObject({ tests: 3, failed: 0, uncovered: { ports: [] } });
});

test("init leaves what is there alone, and takes only what can be the name of a pipeline", async () => {
  await weir("init", folder);
  appendFileSync(path.join(folder, "pipeline.yaml"), "# mine\n");
  const again = await weir("init", folder);
  expect(again).toMatchObject({ code: 2, data: [], notes: expect.stringMatching(/WEIR-6052[^]*it holds/) });
  expect(readFileSync(path.join(folder, "pipeline.yaml"), "utf8")).toMatch(/# mine\n$/);
  expect(await weir("init", path.join(root, "My Orders"))).toMatchObject({
    code: 2,
    notes: expect.stringMatching(/cannot be called My Orders/),
  });
});

test("a test that does not hold says what was expected and what is, and leaves with 5", async () => {
  await weir("init", folder);
  change("pipeline.test.yaml", "id: large, port: route.review", "id: large, port: route.auto, class: RULE, fields: { /amount: 1 }");
  change("pipeline.test.yaml", "rule: amount", "rule: contract");
  change("pipeline.test.yaml", "gate.pass: 100", "gate.pass: 99");
  change("pipeline.test.yaml", '11:00Z/0": breach', '11:00Z/0": pass');
  const { code, data, notes } = await weir("test", folder);
  expect(code).toBe(5);
  for (const line of [
    "large ends at: expected route.auto, found route.review",
    "large has class: expected RULE, found none",
    "large has at /amount: expected 1, found 2500",
    "below: expected rule contract to refuse it, found (RULE: amount: ",
    "records of gate.pass: expected 99, found 100",
    "window gate/time/2026-01-05T11:00Z/0: expected pass, found breach",
  ])
    expect(data.join("\n")).toContain(line);
  expect(notes).toContain("0 of 3 tests hold");
  expect((await weir("test", folder, "--only", "no such")).code).toBe(2);
});

test("what no test shows is named", async () => {
  await weir("init", folder);
  const { code, notes } = await weir("test", folder, "--only", "below nothing");
  expect(code).toBe(0);
  expect(notes).toContain("no record of any test took gate.pass, route.review, route.auto");
  expect(notes).toContain("nothing in any test broke gate/country-nulls");
});

test.each([
  ["tests: []", "too small"],
  ["tests: [{name: a, given: [], expect: {}}]", "a test that expects nothing cannot fail"],
  ["tests: [{name: a, given: [], expects: {}}]", "did you mean `expect`?"],
  ["tests: [{name: a, given: {file: ../../etc/passwd}, expect: {counts: {gate.pass: 1}}}]", "a path inside the pipeline's folder"],
  ["tests: [{name: a, given: [1], expect: {counts: {gate: 1}}}]", "STAGE.PORT"],
  ["tests: [", "WEIR-1001"],
])("a file of tests that says %j is refused with its place", async (text, says) => {
  await weir("init", folder);
  writeFileSync(path.join(folder, "pipeline.test.yaml"), text);
  const { code, notes } = await weir("test", folder);
  expect(code).toBe(3);
  expect(notes).toMatch(/WEIR-6051[^]*pipeline\.test\.yaml:\d+:\d+/);
  expect(notes).toContain(says);
});

test("a pipeline without tests, and one that is none, are told as that", async () => {
  expect(await weir("test", folder)).toMatchObject({ code: 3, notes: expect.stringContaining("WEIR-5103") });
  await weir("init", folder);
  rmSync(path.join(folder, "pipeline.test.yaml"));
  expect(await weir("test", folder)).toMatchObject({ code: 2, notes: expect.stringContaining("WEIR-6050") });
});

test("fmt writes the canonical form once, keeps the digest, and --check only looks", async () => {
  await weir("init", folder);
  const file = path.join(folder, "pipeline.yaml");
  const canonical = readFileSync(file, "utf8");
  writeFileSync(file, canonical.replace("apiVersion: weir/v1\nkind: Pipeline\n", "kind:   Pipeline\napiVersion: weir/v1\n"));
  const other = readFileSync(file, "utf8");
  expect(await weir("fmt", folder, "--check", "--json")).toMatchObject({
    code: 5,
    data: [JSON.stringify({ file, changed: true, problems: [] })],
  });
  expect(readFileSync(file, "utf8")).toBe(other);
  expect((await weir("fmt", folder)).code).toBe(0);
  expect(readFileSync(file, "utf8")).toBe(canonical);
  writeFileSync(file, "a: [");
  expect(await weir("fmt", folder)).toMatchObject({ code: 3, notes: expect.stringContaining("WEIR-1001") });
  expect(readFileSync(file, "utf8")).toBe("a: [");
});
