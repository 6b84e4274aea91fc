import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { fingerprint, normaliseMessage } from "./fingerprint.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

it.each([
  ["null rate 0.507 over 0.05", "null rate 12 over 1e-3"],
  ['unexpected "UA" at byte 17', 'unexpected "B\\"6" at byte 40213'],
  ["no model 'late/1' here", "no model 'early/22' here"],
  ["request 6f1e3c1a-0b1c-4a55-9a51-000000000001 failed", "request 0F1E3C1A-0B1C-4A55-9A51-00000000000A failed"],
  ["digest 1d14b670aa differs", "digest 9999ffff0123456789 differs"],
  ["two  spaces\n", "two spaces"],
])("takes %j and %j for the same trouble", (a, b) => {
  expect(normaliseMessage(a)).toBe(normaliseMessage(b));
});

it("keeps words apart", () => {
  expect(normaliseMessage("can't read /dep_delay")).toBe("can't read /dep_delay");
  expect(normaliseMessage("null rate too high")).not.toBe(normaliseMessage("no rate at all"));
});

it("depends on class, stage and rule, not on the rule set's digest", () => {
  const print = (failureClass: string, stage: string, rule: string): string => fingerprint(sha256, failureClass, stage, rule, "n = 5");
  const one = print("WINDOW", "gate", "gate@5c0e91d2/dep-delay-nulls");
  expect(print("WINDOW", "gate", "gate@00000000/dep-delay-nulls")).toBe(one);
  expect(
    new Set([
      one,
      print("RULE", "gate", "gate@5c0e91d2/dep-delay-nulls"),
      print("WINDOW", "gate2", "gate@5c0e91d2/dep-delay-nulls"),
      print("WINDOW", "gate", "gate@5c0e91d2/distance"),
    ]).size,
  ).toBe(4);
});
