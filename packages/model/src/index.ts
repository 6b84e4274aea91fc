export { MODEL_CODES } from "./codes.ts";
export {
  modelName,
  modelTag,
  type Manifest,
  type OnnxFacts,
  type ModelInput,
  type ModelOutputs,
  type Feature,
  type Encode,
  type Missing,
  type OutputKind,
  type BatchRules,
  type Calibration,
  type CalibrationEvidence,
  type Baseline,
  type GoldenRow,
} from "./manifest.ts";
export { parseManifest } from "./parse-manifest.ts";
export { parseModelReference, parseAliases, resolveModel, type ModelReference, type Aliases, type AliasTarget } from "./reference.ts";
export { requestKey, pointerPart, type ColumnRequest } from "./request.ts";
export { compileEncoder, type Encoder, type Encoding } from "./encode.ts";
export { compileScores, type Predictions, type RawScores, type ScoreReader } from "./scores.ts";
export { compilePredictionText, type PredictionText } from "./prediction-text.ts";
export { place, splicePredictions, predictionHeader, takesMember, type Placed } from "./splice.ts";
export { predictionColumns } from "./prediction-columns.ts";
