import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseAliases, parseManifest, parseModelReference, type Manifest } from "@weir/model";
import { describe, expect, it } from "vitest";
import { readModel } from "./files.ts";
import { openModel } from "./session.ts";

const models = fileURLToPath(new URL("../../../deploy/pipelines/flights/models", import.meta.url));

/** Takes as many turns as the largest first feature of the batch says; answers with the sigmoid of the second. */
const spins = (): { bytes: Uint8Array; manifest: Manifest } => {
  const bytes = readFileSync(new URL("../fixtures/spins.onnx", import.meta.url));
  const manifest = parseManifest({
    model: "spins",
    version: 1,
    digest: createHash("sha256").update(bytes).digest("hex"),
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
    outputs: { scores: "p", kind: "sigmoid", classes: ["a", "b"] },
    batch: { dynamic: true, max: 2048 },
    calibration: { method: "none" },
    owner: "group:ops",
    golden: [0, 1].map((i) => ({ why: `row ${i}`, inputs: [1, 0], expect: { scores: [0.5] }, tol: 1e-5 })),
  });
  return { bytes, manifest };
};
const FOR_SECONDS = 60_000;

describe("a model in processes of its own", () => {
  it(
    "answers with the same bits as in place",
    async () => {
      const { bytes, manifest } = await readModel(models, parseModelReference("late-arrival/2"), parseAliases({}, "none"));
      const features = Float32Array.from(manifest.golden.flatMap((g) => g.inputs.map((v) => v ?? NaN)));
      await using inPlace = await openModel(bytes, manifest, { place: "in-place" });
      await using apart = await openModel(bytes, manifest, { place: "workers", workers: 2, maxRows: 3 });
      expect([apart.place, apart.engine, inPlace.engine]).toEqual(["workers", "onnxruntime", "trees"]);
      const [expected, found, again] = [
        await inPlace.run(features, 20),
        ...(await Promise.all([apart.run(features, 20), apart.run(features, 20)])),
      ];
      expect(found.values).toEqual(expected.values);
      expect(again.values).toEqual(expected.values);
      expect(features[0]).toBe(-4); // the caller's buffer was not given away
    },
    FOR_SECONDS,
  );

  it(
    "loses only the row that takes too long, and goes on",
    async () => {
      const { bytes, manifest } = spins();
      await using session = await openModel(bytes, manifest, { place: "workers", runLimitMs: 250 });
      const features = new Float32Array(16);
      features[2 * 5] = 700_000; // for more than a second
      const run = await session.run(features, 8);
      expect([...run.failures]).toEqual([
        [5, expect.objectContaining({ class: "MODEL_TIMEOUT", retriable: true, message: "the model ran longer than 250 ms" })],
      ]);
      expect([...run.values]).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, NaN, 0.5, 0.5]);
      expect((await session.run(new Float32Array(4), 2)).failures.size).toBe(0);
    },
    FOR_SECONDS,
  );

  it(
    "runs from source in a plain process",
    () => {
      const script = `
      import { readFileSync } from "node:fs";
      import { parseManifest } from "@weir/model";
      import { openModel } from "@weir/onnx";
      const manifest = parseManifest(JSON.parse(readFileSync(${JSON.stringify(`${models}/late-arrival/1/manifest.json`)}, "utf8")));
      const session = await openModel(readFileSync(${JSON.stringify(`${models}/late-arrival/1/model.onnx`)}), manifest, { place: "workers" });
      const run = await session.run(new Float32Array(26), 2);
      console.log(JSON.stringify([session.place, run.rows, run.failures.size, run.values.every(Number.isFinite)]));
      await session.close();`;
      const cwd = fileURLToPath(new URL("../../../services/inference", import.meta.url));
      const out = execFileSync(process.execPath, ["--conditions=weir-source", "--import", "tsx", "--input-type=module", "-e", script], {
        cwd,
        encoding: "utf8",
      });
      expect(JSON.parse(out)).toEqual(["workers", 2, 0, true]);
    },
    FOR_SECONDS,
  );
});
