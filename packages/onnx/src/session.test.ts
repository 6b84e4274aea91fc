import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileScores, parseAliases, parseManifest, parseModelReference, type Manifest } from "@weir/model";
import { WeirError } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkContents } from "./contents.ts";
import { readModel } from "./files.ts";
import { openModel, type OpenOptions } from "./session.ts";

const models = fileURLToPath(new URL("../../../deploy/pipelines/flights/models", import.meta.url));
const NO_ALIASES = parseAliases({}, "none");
const flights = (version: string) => readModel(models, parseModelReference(`late-arrival/${version}`), NO_ALIASES);
const fixture = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/${name}.onnx`, import.meta.url));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Sketch {
  readonly kind?: string;
  readonly classes?: readonly string[];
  readonly scores?: string;
  readonly label?: string;
  readonly dynamic?: boolean;
  readonly golden?: readonly (readonly [readonly number[], readonly number[]])[];
}
const describeModel = (bytes: Uint8Array, s: Sketch): Manifest =>
  parseManifest({
    model: "fixture",
    version: 1,
    digest: sha256(bytes),
    onnx: { ir: 8, opsets: { "": 17 }, producer: "fixture" },
    inputs: [
      {
        name: "x",
        datatype: "FP32",
        shape: [-1, 2],
        features: [
          { field: "/a", encode: "number" },
          { field: "/b", encode: "number" },
        ],
      },
    ],
    outputs: {
      scores: s.scores ?? "p",
      kind: s.kind ?? "probabilities",
      classes: s.classes ?? ["a", "b"],
      ...(s.label && { label: s.label }),
    },
    batch: { dynamic: s.dynamic ?? true, max: 2048 },
    calibration: { method: "none" },
    owner: "group:ops",
    golden: (
      s.golden ?? [
        [
          [0, 0],
          [0.5, 0.5],
        ],
        [
          [0, 0],
          [0.5, 0.5],
        ],
      ]
    ).map(([inputs, scores], i) => ({ why: `row ${i}`, inputs, expect: { scores }, tol: 1e-5 })),
  });
const open = (name: string, sketch: Sketch = {}, options: OpenOptions = {}) => {
  const bytes = fixture(name);
  return openModel(bytes, describeModel(bytes, sketch), { place: "in-place", ...options });
};
const rowsOf = (...rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());

describe("a model that is opened", () => {
  it.each(["1", "2"])("answers its golden rows: late-arrival/%s", async (version) => {
    const { bytes, manifest } = await flights(version);
    await using session = await openModel(bytes, manifest);
    const run = await session.run(Float32Array.from(manifest.golden.flatMap((g) => g.inputs.map((v) => v ?? NaN))), manifest.golden.length);
    const predictions = compileScores(manifest)(run);
    for (const [row, golden] of manifest.golden.entries()) {
      for (const [k, score] of golden.expect.scores.entries()) expect(Math.abs(run.values[2 * row + k]! - score)).toBeLessThan(1e-5); // two classes
      expect(manifest.outputs.classes[predictions.labels[row]!]).toBe(golden.expect.label); // a label a row
    }
  });

  it.each(["1", "2"])("gives a row the same bits alone, in small runs and in one: late-arrival/%s", async (version) => {
    const { bytes, manifest } = await flights(version);
    await using session = await openModel(bytes, manifest, { place: "in-place" });
    await using small = await openModel(bytes, manifest, { place: "in-place", maxRows: 3 });
    const features = Float32Array.from(manifest.golden.flatMap((g) => g.inputs.map((v) => v ?? NaN)));
    const together = await session.run(features, 20);
    expect((await small.run(features, 20)).values).toEqual(together.values);
    for (let row = 0; row < 20; row++) {
      const alone = await session.run(features.subarray(row * 13, row * 13 + 13), 1);
      expect(alone.values).toEqual(together.values.slice(2 * row, 2 * row + 2));
    }
  });

  it("pads every run to one size where results must not depend on it", async () => {
    const { bytes, manifest } = await flights("1");
    await using session = await openModel(bytes, manifest, { place: "in-place", reproducible: true, maxRows: 8 });
    const features = Float32Array.from(manifest.golden.flatMap((g) => g.inputs.map((v) => v ?? NaN)));
    const run = await session.run(features, 20);
    expect(run.runs).toBe(3);
    expect(run.values).toHaveLength(40);
    expect(run.failures.size).toBe(0);
  });

  it("runs trees in a kernel, with the runtime's bits, and says so: late-arrival/2", async () => {
    const { bytes, manifest } = await flights("2");
    await using trees = await openModel(bytes, manifest, { place: "in-place", reproducible: true, maxRows: 8 });
    await using runtime = await openModel(bytes, manifest, { place: "in-place", engine: "onnxruntime" });
    expect([trees.engine, trees.why]).toEqual(["trees", expect.stringMatching(/µs a row instead of .* equal on \d{4} rows/)]);
    expect([runtime.engine, runtime.why]).toEqual(["onnxruntime", "it was asked for"]);
    const features = Float32Array.from({ length: 13 * 5000 }, (_, i) => ((i * 7919) % 3001) / 10 - 50);
    expect((await trees.run(features, 5000)).values).toEqual((await runtime.run(features, 5000)).values);
  });

  it("stays with the runtime where it is no slower, or the model is no trees", async () => {
    const { bytes, manifest } = await flights("2");
    let ms = 0;
    await using even = await openModel(bytes, manifest, { place: "in-place", nowMs: () => (ms += 2) });
    expect([even.engine, even.why]).toEqual(["onnxruntime", expect.stringContaining("the kernel takes no less time")]);
    await using net = await open("softmax");
    expect([net.engine, net.why]).toEqual(["onnxruntime", "p comes from Softmax, not from an ensemble of trees"]);
  });

  it("loops over a fixed number of rows", async () => {
    await using session = await open("four-rows", { dynamic: false });
    const run = await session.run(rowsOf([0, 0], [0, Math.log(3)], [0, 0], [0, 0], [0, Math.log(3)]), 5);
    expect(run.runs).toBe(2);
    expect([...run.values].map((v) => Math.round(v * 100))).toEqual([50, 50, 25, 75, 50, 50, 50, 50, 25, 75]);
  });

  it("takes 64-bit whole numbers", async () => {
    await using session = await open("counts", {
      scores: "c",
      kind: "regression",
      classes: ["a", "b"],
      golden: [
        [
          [7, 8],
          [7, 8],
        ],
        [
          [1, 2],
          [1, 2],
        ],
      ],
    });
    expect([...(await session.run(rowsOf([3, 4], [5, 6]), 2)).values]).toEqual([3, 4, 5, 6]);
  });

  it("runs nothing for no rows", async () => {
    await using session = await open("softmax");
    expect(await session.run(new Float32Array(0), 0)).toMatchObject({ rows: 0, runs: 0, failures: new Map() });
  });

  it("stays on the thread if a run fits the time slice, with as many rows as fit", async () => {
    let ms = 0;
    const nowMs = (): number => (ms += 2); // every run seems to take 2 ms
    const bytes = fixture("softmax");
    await using fast = await openModel(bytes, describeModel(bytes, {}), { nowMs, sliceMs: 5, maxRows: 512 });
    expect([fast.place, fast.maxRows]).toEqual(["in-place", 512]);
    await using slow = await openModel(bytes, describeModel(bytes, {}), { nowMs, sliceMs: 1, maxRows: 512 });
    expect(slow.place).toBe("workers");
  });
});

describe("a model is refused", () => {
  const refusals: readonly (readonly [string, string, Sketch, string])[] = [
    ["for an output of maps", "zipmap", { scores: "output_probability" }, "ZipMap"],
    ["for an output that is not there", "softmax", { scores: "q" }, "there is no output q; there are p, label"],
    ["for a fixed number of rows that its manifest does not know of", "four-rows", {}, "takes exactly 4 rows a run"],
    [
      "for another number of classes",
      "softmax",
      {
        classes: ["a", "b", "c"],
        golden: [
          [
            [0, 0],
            [0.5, 0.5, 0],
          ],
          [
            [0, 0],
            [0.5, 0.5, 0],
          ],
        ],
      },
      "has 2 numbers a row; the manifest names 3 classes",
    ],
    ["for weights in another file", "outside", {}, "weights in a file of their own"],
    ["for operators of somebody's own", "custom-operator", {}, "operators of domain com.example"],
    [
      "for a golden row that differs",
      "softmax",
      {
        golden: [
          [
            [0, 0],
            [0.5, 0.5],
          ],
          [
            [0, 1],
            [0.3, 0.7],
          ],
        ],
      },
      "golden row 1 (row 1)",
    ],
    [
      "for labels in another order than its own",
      "softmax",
      {
        label: "label",
        classes: ["1", "0"],
        golden: [
          [
            [0, 2],
            [0.119203, 0.880797],
          ],
          [
            [2, 0],
            [0.880797, 0.119203],
          ],
        ],
      },
      "golden row 0",
    ],
    [
      "for a declared kind that its numbers contradict",
      "counts",
      {
        scores: "c",
        golden: [
          [
            [7, 8],
            [7, 8],
          ],
          [
            [1, 2],
            [1, 2],
          ],
        ],
      },
      "outputs.kind in the manifest is probabilities",
    ],
  ];
  it.each(refusals)("%s", async (_, name, sketch, message) => {
    await expect(open(name, sketch)).rejects.toThrow(message);
  });

  it("for bytes that are not those of the manifest, or are too many", async () => {
    const bytes = fixture("softmax");
    await expect(openModel(Uint8Array.of(...bytes, 0), describeModel(bytes, {}))).rejects.toThrow(/WEIR-4101[\s\S]*SHA-256/);
    await expect(openModel(bytes, describeModel(bytes, {}), { maxBytes: 10 })).rejects.toThrow(/WEIR-4101[\s\S]*more than 10/);
  });

  it("for bytes that are no model", async () => {
    const bytes = new TextEncoder().encode("no model");
    await expect(openModel(bytes, describeModel(bytes, {}))).rejects.toThrow("WEIR-4106");
    const shallow = Uint8Array.of(8, 8); // an IR version and nothing else
    await expect(openModel(shallow, describeModel(shallow, {}))).rejects.toThrow("WEIR-4102");
  });
});

describe("any bytes", () => {
  it("are accepted or refused with a code, never crashed on", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          checkContents(bytes, "any/1");
        } catch (error) {
          expect(error).toBeInstanceOf(WeirError);
        }
      }),
    );
  });

  it("of a model are refused wherever they are cut off", () => {
    const whole = fixture("spins");
    const accepted = Array.from({ length: whole.length }, (_, n) => n).filter((n) => {
      try {
        checkContents(whole.subarray(0, n), "cut/1");
        return true;
      } catch {
        return false;
      }
    });
    expect(accepted.length).toBeLessThan(10); // only between two fields of the outermost message
  });
});

describe("a run that fails", () => {
  const table: Sketch = {
    golden: [
      [[0, 0], [0.1]],
      [[3, 0], [0.9]],
    ],
  };
  it("fails only the rows that make it fail", async () => {
    await using session = await open("fails", table, { maxRows: 16 });
    const features = Float32Array.from({ length: 80 }, (_, i) => (i % 2 ? 0 : (i / 2) % 4));
    features[2 * 5] = 99;
    features[2 * 30] = -77;
    const run = await session.run(features, 40);
    expect([...run.failures.keys()]).toEqual([5, 30]);
    expect(run.failures.get(5)).toMatchObject({
      class: "MODEL_ERROR",
      retriable: false,
      model: expect.stringMatching(/^fixture\/1#[0-9a-f]{8}$/),
    });
    expect(run.values[5]).toBeNaN();
    const good = [...run.values].filter((_, row) => row !== 5 && row !== 30);
    expect(good).toEqual(
      Array.from({ length: 40 }, (_, row) => Math.fround([0.1, 0.2, 0.7, 0.9][row % 4]!)).filter((_, row) => row !== 5 && row !== 30),
    ); // four entries
  });

  it("ends soon where every row fails", async () => {
    await using session = await open("fails", table, { maxRows: 1024 });
    const run = await session.run(new Float32Array(2 * 1024).fill(99), 1024);
    expect(run.failures.size).toBe(1024);
    expect(run.runs).toBeLessThan(60);
  });
});

describe("models in a folder", () => {
  it("are found by alias, pinned by digest", async () => {
    const aliases = parseAliases({ champion: { version: 1, digest: (await flights("1")).manifest.digest } }, "aliases.yaml");
    expect((await readModel(models, parseModelReference("late-arrival@champion"), aliases)).manifest.version).toBe("1");
    const moved = parseAliases({ champion: { version: 2, digest: (await flights("1")).manifest.digest } }, "aliases.yaml");
    await expect(readModel(models, parseModelReference("late-arrival@champion"), moved)).rejects.toThrow("WEIR-4105");
    await expect(readModel(models, parseModelReference("nobody/1"), aliases)).rejects.toThrow("WEIR-4004");
  });
});
