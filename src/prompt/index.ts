export {
  type ChatFormat,
  type ChatFrame,
  type ChatModel,
  type Reasoning,
  type RenderedChat,
  renderChat,
} from "./chatTemplate.js";
export { joinColumns, type PromptPart, planPrompt, sideBySide, wordsAsText } from "./joinColumns.js";
export {
  commonLength,
  orderByBeginnings,
  sharedTextShare,
  WINDOW,
  WindowCutter,
  type WindowLimits,
} from "./orderByBeginnings.js";
export { type ColumnOrder, orderColumns } from "./orderColumns.js";
