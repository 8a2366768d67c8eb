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
  type EngineTraits,
  engineTraits,
  type LikelyEngine,
  type LoadedLlama,
  likelyEngine,
  type ModelFacts,
  openTokenizer,
  RowFrame,
  RowTooLongError,
  type Tokenizer,
  tryModel,
} from "./local/index.js";
export { ENGINES, type EngineName } from "./names.js";
export { type EngineChoice, openEngine } from "./open.js";
