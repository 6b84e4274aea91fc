import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { ruleSchema } from "./rule.ts";
import { KIND_NOTES } from "./rule-examples.ts";
import { ruleKinds, ruleReference } from "./rule-reference.ts";

const file = new URL("../../RULES.md", import.meta.url);

/** `WEIR_UPDATE=1` writes the file anew. */
it("is what RULES.md holds", () => {
  const text = ruleReference();
  if (process.env["WEIR_UPDATE"] === "1") writeFileSync(file, text);
  expect(readFileSync(file, "utf8")).toBe(text);
});

it("names every kind that a pipeline file takes", () => {
  expect(Object.keys(KIND_NOTES).sort()).toEqual([...ruleKinds()].sort());
});

it.each(Object.entries(KIND_NOTES))("the example of %s is a rule of that kind", (kind, { example }) => {
  expect(ruleSchema.parse(parse(example))).toMatchObject({ kind });
});
