import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createW1, plainForm, writeW1Pipeline, W1_FAULTS, type W1Pipeline } from "../index.ts";

const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const FIRST = 4000;

test("card transactions are the same bytes for ever: figures of two versions stand beside each other", () => {
  const make = createW1({ seed: 1 });
  expect(sha256(Array.from({ length: FIRST }, (_, i) => Object.values(make(i)).join("\n")).join("\n"))).toBe(
    "a1cf23b8f4e89b5be07a36ecf86d54845ad6717ed27045ad360b3740ec4329be",
  );
});

test("and so are the files of their pipeline", () => {
  const filesOf = (pipeline: Omit<W1Pipeline, "name" | "partitions">): Record<string, string> => {
    const folder = mkdtempSync(path.join(tmpdir(), "weir-w1-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeW1Pipeline(folder, { name: "w1", partitions: 8, ...pipeline });
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const all = files.map((file) => [file.name, sha256(readFileSync(path.join(file.parentPath, file.name))).slice(0, 12)]);
    return Object.fromEntries(all);
  };
  expect(filesOf({ windowRecords: null })).toEqual({
    "manifest.json": "bdf4946ab8d4",
    "model.onnx": "c8c1864b2ac4",
    "pipeline.yaml": "b1c5d3eb4330",
    "transaction.schema.json": "3321705a063c",
  });
  expect(filesOf({ windowRecords: 500, sample: 0.1 })["pipeline.yaml"]).toBe("1db1a6d860cd");
});

test.each([
  [{ features: 3, bytes: 100 }, 94, 101],
  [{ features: 3, bytes: 300 }, 300, 300],
  [{ features: 3, bytes: 8000 }, 8000, 8000],
  [{ features: 100, bytes: null }, 1350, 1480],
])("plain records of %o have from %i to %i bytes and the fields of their contract", (form, least, most) => {
  const { create, features, schema } = plainForm(form);
  const make = create({ seed: 1, faultEvery: 0 });
  const values = Array.from({ length: 400 }, (_, i) => make(i).value);
  const lengths = values.map((value) => Buffer.byteLength(value));
  expect([Math.min(...lengths) >= least, Math.max(...lengths) <= most]).toEqual([true, true]);
  for (const value of values)
    expect(JSON.parse(value)).toMatchObject(Object.fromEntries(features.map(([name]) => [name, expect.any(Number)])));
  expect(schema).toMatchObject({ required: ["transaction_id", "card_id", ...features.map(([name]) => name)] });
});

test("plain records fail as often as they were told to, in every way in turn", () => {
  const make = plainForm({ features: 3, bytes: 300 }).create({ seed: 1, faultEvery: 10 });
  const faults = Array.from({ length: 80 }, (_, i) => make(i).fault);
  expect(faults.filter((fault) => fault !== null)).toEqual([...W1_FAULTS, ...W1_FAULTS]);
  expect(faults.map((fault, i) => (fault ? i % 10 : 9)).every((digit) => digit === 9)).toBe(true);
});
