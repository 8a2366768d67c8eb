export { compiledForm } from "./compiledForm.js";
export type {
  BatchPlan,
  Engine,
  EngineChat,
  EngineFailure,
  EngineJob,
  EngineMeter,
  EngineResult,
  EngineRow,
  FinishReason,
  RowPull,
  Sampling,
  TokenLogprobs,
} from "./engine.js";
export {
  checkedUrl,
  type Endpoint,
  type EndpointFacts,
  type EndpointLimits,
  estimateTokens,
  type FormKind,
  type HttpChoice,
  type KeyPlace,
} from "./http/index.js";
export {
  type EngineTraits,
  engineTraits,
  type LikelyEngine,
  type LoadedLlama,
  type LocalChoice,
  likelyEngine,
  type ModelFacts,
  openTokenizer,
  RowFrame,
  RowTooLongError,
  type Tokenizer,
  tryModel,
} from "./local/index.js";
export { ENGINES, type EngineName, type LocalEngineName } from "./names.js";
export { askEndpoint, type EngineChoice, openEngine } from "./open.js";
