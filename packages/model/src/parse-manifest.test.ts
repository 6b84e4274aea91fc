import { readFileSync } from "node:fs";
import { WeirError } from "@weir/record";
import { describe, expect, it } from "vitest";
import { modelTag } from "./manifest.ts";
import { parseManifest } from "./parse-manifest.ts";

const minimal = () => ({
  model: "delay",
  version: 3,
  digest: "sha256:" + "ab".repeat(32),
  onnx: { ir: 8, opsets: { "": 17 }, producer: "test" },
  inputs: [
    {
      name: "x",
      datatype: "FP32",
      shape: [-1, 3],
      features: [
        { field: "/a", encode: "number" },
        { field: "/c", encode: { kind: "oneHot", categories: ["u", "v"], unknown: "zeros" } },
      ],
    },
  ],
  outputs: { scores: "p", kind: "probabilities", classes: ["no", "yes"] },
  batch: { dynamic: true, max: 512 },
  calibration: { method: "none" },
  golden: [0, 1].map((i) => ({ why: `row ${i}`, inputs: [1, 0, null], expect: { label: "yes", scores: [0.25, 0.75] }, tol: 1e-5 })),
  owner: "group:ops",
});
const problemsOf = (manifest: unknown): string => {
  try {
    parseManifest(manifest);
  } catch (error) {
    if (error instanceof WeirError) return error.problem.why ?? "";
    throw error;
  }
  return "";
};

describe("a manifest", () => {
  it("is read with its defaults", () => {
    const manifest = parseManifest(minimal());
    expect(manifest).toMatchObject({
      model: "delay",
      version: "3",
      digest: "ab".repeat(32),
      normalised: [],
      baseline: null,
      training: {},
      batch: { reproducible: false },
      outputs: { label: null },
      calibration: { method: "none" },
    });
    expect(manifest.input.features).toEqual([
      { name: "a", field: "/a", encode: { kind: "number", missing: "refuse" } },
      { name: "c", field: "/c", encode: { kind: "oneHot", categories: ["u", "v"], unknown: "zeros", missing: "refuse" } },
    ]);
    expect(modelTag(manifest)).toBe("delay/3#abababab");
    expect(manifest.calibration.method).toBe("none");
  });

  it("may take an array as one feature of its width", () => {
    const withVector = (width: unknown) => {
      const [input] = minimal().inputs;
      return { ...minimal(), inputs: [{ ...input, features: [{ field: "/pixels", encode: { kind: "vector", width } }] }] };
    };
    expect(parseManifest(withVector(3)).input.features).toEqual([
      { name: "pixels", field: "/pixels", encode: { kind: "vector", width: 3, missing: "refuse" } },
    ]);
    expect(problemsOf(withVector(4))).toContain("/inputs/0/shape: must be [-1, 4]");
    expect(problemsOf(withVector(0))).toContain("/inputs/0/features/0/encode/width: must be a whole number above 0");
    expect(problemsOf(withVector("3"))).toContain("/inputs/0/features/0/encode/width");
  });

  it("says whether its confidence is calibrated, and on what", () => {
    const calibration = {
      method: "temperature",
      parameters: { temperature: 1.4 },
      fittedOn: "2013-02",
      n: 9000,
      eceBefore: 0.03,
      eceAfter: 0.01,
    };
    const manifest = parseManifest({ ...minimal(), calibration });
    expect(manifest.calibration).toEqual(calibration);
    expect(manifest.calibration.method).not.toBe("none");
  });

  it("is refused with every problem at once, each with its place", () => {
    const broken = {
      ...minimal(),
      version: "v3",
      digest: "123",
      owner: "me",
      colour: "red",
      calibration: { method: "temperature", parameters: { temperature: 0 } },
      outputs: { scores: "p", kind: "probability", classes: ["yes", "yes"] },
      batch: { dynamic: "yes", max: 1 },
      inputs: [
        {
          name: "x",
          datatype: "FP64",
          shape: [-1, 7],
          features: [
            { field: "a", encode: { kind: "log" } },
            { field: "/c", encode: { kind: "map", map: {}, spread: 1 } },
          ],
        },
      ],
      golden: [{ why: "one", inputs: [1], expect: { label: "maybe", scores: ["x"] }, tol: 1e-5 }],
    };
    const lines = problemsOf(broken)
      .split("\n")
      .map((l) => l.trim().split(":")[0]);
    expect(new Set(lines)).toEqual(
      new Set([
        "/colour",
        "/version",
        "/digest",
        "/owner",
        "/outputs/kind",
        "/outputs/classes",
        "/inputs/0/datatype",
        "/inputs/0/shape",
        "/inputs/0/features/0/field",
        "/inputs/0/features/0/encode/kind",
        "/inputs/0/features/1/encode/map",
        "/inputs/0/features/1/encode/spread",
        "/batch/dynamic",
        "/batch/max",
        "/calibration/parameters/temperature",
        "/calibration/fittedOn",
        "/calibration/n",
        "/calibration/eceBefore",
        "/calibration/eceAfter",
        "/golden/0/inputs",
        "/golden/0/expect/label",
        "/golden/0/expect/scores/0",
      ]),
    );
  });

  it.each([[null], ["text"], [[]], [{}], [{ inputs: [null], golden: [null], outputs: 7 }]])(
    "is refused, not crashed on: %j",
    (untrusted) => {
      expect(problemsOf(untrusted)).not.toBe("");
    },
  );

  it("takes a width that is not that of its features for a mistake", () => {
    const manifest = minimal();
    manifest.inputs[0]!.shape = [-1, 2]; // there is one input
    expect(problemsOf(manifest)).toContain("must be [-1, 3], the width of the features");
  });

  it.each(["1", "2"])("of the flights pipeline, late-arrival/%s, is in order", (version) => {
    const path = new URL(`../../../deploy/pipelines/flights/models/late-arrival/${version}/manifest.json`, import.meta.url);
    const manifest = parseManifest(JSON.parse(readFileSync(path, "utf8")));
    expect(manifest.version).toBe(version);
    expect(manifest.input.features).toHaveLength(13);
    expect(manifest.golden).toHaveLength(20);
  });
});
