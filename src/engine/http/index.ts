export {
  checkedUrl,
  type Endpoint,
  type EndpointFacts,
  type EndpointLimits,
  type FormKind,
  type KeyPlace,
} from "./endpoint.js";
export type { HttpChoice } from "./httpEngine.js";
export { estimateTokens } from "./measure.js";
