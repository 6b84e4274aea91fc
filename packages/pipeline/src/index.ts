export {
  type Pipeline,
  type RecordSpec,
  type DeliverySpec,
  type FailurePolicy,
  type BreakerPolicy,
  type TopicNames,
  type Target,
  type StageSpec,
  type StageType,
  type IngestSpec,
  type GateSpec,
  type InferenceSpec,
  type RouterSpec,
} from "./pipeline.ts";
export {
  type Doors,
  type HttpDoor,
  type HttpLimits,
  type WebhookSource,
  type FileSource,
  type BucketSpec,
  type PullSource,
} from "./doors.ts";
export { canStop, isWatched } from "./watched.ts";
export { topologyOf, type Topology, type StageTopology } from "./topology.ts";
export { type TopicPlan, type TopicFamily } from "./topics.ts";
export { formatProblem, hasErrors, type SpecProblem } from "./problems.ts";
export { parsePipeline, type ParseOptions } from "./parse.ts";
export { pipelineJsonSchema } from "./shape/json-schema.ts";
export { SPEC_CODES, type SpecCode } from "./codes.ts";
export { type Pins } from "./canonical.ts";
export { contractAt } from "./contract-at.ts";
export { expressionTypes } from "./field-types.ts";
export { validatePipeline, type ValidateOptions, type Validated } from "./validate.ts";
export { isProblem, type Folder, type ResolvedModel, type ModelProblem } from "./models.ts";
export { listModels, type ListedModel } from "./model-list.ts";
export { parseOwners, type Owners, type OwnerUser, type OwnerGroup, type EscalationPolicy, type ParsedOwners } from "./owners.ts";
export {
  parseEnvironment,
  type EnvironmentFile,
  type KafkaEnvironment,
  type RegistryEnvironment,
  type TlsEnvironment,
  type SaslEnvironment,
} from "./environment.ts";
export { readCandidate, type Candidate, type CandidateOptions } from "./candidate.ts";
export { rightsOf, topicsOf, ROLES, type Right, type Role } from "./rights.ts";
export { formatPipeline, type Formatted } from "./format.ts";
export { parsePipelineTests, type PipelineTests, type PipelineTest, type ExpectedRecord } from "./pipeline-tests.ts";
