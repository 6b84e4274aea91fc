import { expect, test } from "vitest";
import { evidenceText } from "./evidence.ts";

test.each([
  [{ k: 41, n: 500, effect: null }, "41 of 500 (8.2 %)"],
  [{ k: 0, n: 0, effect: null }, "-"],
  [{ k: null, n: 930, effect: 0.3149 }, "distance 0.31"],
  [{ k: null, n: 12, effect: null }, "12 records"],
])("%j reads %s", (evidence, text) => expect(evidenceText(evidence)).toBe(text));
