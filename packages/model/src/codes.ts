import type { CodeEntry } from "@weir/record";

/** The codes of models: of what is said about them, and of what is found when their bytes are opened. */
export const MODEL_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-4001": {
    title: "A model's manifest is not in order",
    explanation:
      "manifest.json tells what bytes alone do not: features and their order, classes, kind of output, golden rows. All problems are named at once.",
    fix: "Correct the manifest. A version that was in use is never changed; it gets a successor.",
  },
  "WEIR-4002": {
    title: "No name of a model",
    explanation: "A model is named with a version, an alias or the digest of its bytes.",
    fix: "Write NAME/3, NAME@champion or NAME@sha256:HEX.",
  },
  "WEIR-4003": {
    title: "Aliases cannot be read",
    explanation: "aliases.yaml maps each alias to a version and the digest of its bytes.",
    fix: "Write champion: {version: 1, digest: HEX}.",
  },
  "WEIR-4004": {
    title: "No such model",
    explanation: "The version or alias that was named does not exist.",
    fix: "Name one of those listed, or register the model.",
  },
  "WEIR-4101": {
    title: "A model's bytes are refused",
    explanation:
      "The SHA-256 of model.onnx is not the manifest's, or the file is larger than allowed. Only bytes that were registered are run.",
    fix: "Restore the file, or register it as a new version.",
  },
  "WEIR-4102": {
    title: "A model cannot be opened",
    explanation: "The runtime refuses the file: an operator, operator set or IR version that it does not take.",
    fix: "Export the model for this runtime.",
  },
  "WEIR-4103": {
    title: "A model is not what its manifest says",
    explanation: "Names, types or shapes of inputs and outputs differ, or an output is no tensor (ZipMap).",
    fix: "Correct the manifest, or export the model again.",
  },
  "WEIR-4104": {
    title: "A model does not give its golden answers",
    explanation:
      "Rows whose answers are known run whenever a model is loaded. One came out otherwise: other bytes, another order of features or classes, or another runtime.",
    fix: "Look at the row that is named, then register the model again.",
  },
  "WEIR-4105": {
    title: "An alias and a version are pinned to different bytes",
    explanation: "The digest of the alias is not that of the version's manifest.",
    fix: "Restore the version, or move the alias.",
  },
  "WEIR-4106": {
    title: "A model holds what is not accepted",
    explanation: "Weights in other files, whose digest nobody checks, or operators outside ai.onnx and ai.onnx.ml.",
    fix: "Export it as one file with standard operators.",
  },
};
