export {
  type Pipeline,
  type RecordSpec,
  type DeliverySpec,
  type FailurePolicy,
  type TopicNames,
  type Target,
  type StageSpec,
  type StageType,
  type IngestSpec,
  type GateSpec,
  type InferenceSpec,
  type RouterSpec,
} from "./pipeline.ts";
export { topologyOf, type Topology, type StageTopology } from "./topology.ts";
export { type TopicPlan, type TopicFamily } from "./topics.ts";
export { formatProblem, hasErrors, type SpecProblem } from "./problems.ts";
export { parsePipeline, type ParseOptions } from "./parse.ts";
export { pipelineJsonSchema } from "./shape/json-schema.ts";
export { SPEC_CODES, type SpecCode } from "./codes.ts";
export { type Pins } from "./canonical.ts";
export { expressionTypes } from "./field-types.ts";
export { validatePipeline, type ValidateOptions, type Validated } from "./validate.ts";
export { type Folder, type ResolvedModel, type ModelProblem } from "./models.ts";
export { parseOwners, type Owners, type OwnerUser, type OwnerGroup, type EscalationPolicy, type ParsedOwners } from "./owners.ts";
