import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openNative } from "../native.ts";
import { findDifference } from "./proof.ts";
import { proofRows } from "./proof-rows.ts";
import { compileTrees } from "./trees.ts";

const folder = new URL("../../fixtures/trees/", import.meta.url);
const names = readdirSync(folder).map((file) => file.replace(".onnx", ""));

describe("what converters of scikit-learn, LightGBM and XGBoost write", () => {
  it("is there in all its kinds", () => {
    expect(names).toHaveLength(12);
  });

  it.each(names)("gives the bits of ONNX Runtime: %s", async (name) => {
    const bytes = readFileSync(new URL(`${name}.onnx`, folder));
    const names = { input: "x", scores: name.endsWith("number") ? "variable" : "probabilities" };
    const trees = compileTrees(bytes, { ...names, features: 4 });
    const runtime = await openNative(bytes, names);
    let state = 1;
    const random = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    expect(await findDifference(trees, runtime.run, proofRows(trees.planes, { width: 4, mostRows: 3000, random }))).toBeNull();
    await runtime.close();
  });
});
