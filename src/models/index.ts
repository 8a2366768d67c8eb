export type { UnusedBackend } from "./backendReasons.js";
export {
  type BatchShape,
  estimateMemory,
  type MemoryEstimate,
  type MemoryFit,
  type ModelFileFacts,
  readModelFacts,
} from "./facts.js";
export { checkModelHeaders, partBytes, partPaths } from "./ggufFile.js";
export { listModels, type ModelListing, showModel } from "./list.js";
export { type BackendFacts, backendFacts, type MachineFacts, machineFacts } from "./machine.js";
export {
  type CatalogEntry,
  type CatalogMatch,
  catalogNames,
  findInCatalog,
  loadCatalog,
  type ModelCatalog,
  type ModelVariant,
} from "./modelCatalog.js";
export type { PullProgress } from "./pull.js";
export {
  type Download,
  describeDownload,
  embeddedModelPath,
  findDownload,
  findModelEntry,
  type ResolvedModel,
  type ResolveOptions,
  resolveModel,
} from "./resolve.js";
export { type ModelSource, parseModelSource } from "./source.js";
