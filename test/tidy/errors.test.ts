import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { errorCatalogue } from "../../packages/cli/src/commands/explain.ts";

test("the catalogue of errors holds every code; `weir explain --markdown > packages/cli/ERRORS.md` writes it", () => {
  expect(readFileSync("packages/cli/ERRORS.md", "utf8")).toBe(errorCatalogue());
});
