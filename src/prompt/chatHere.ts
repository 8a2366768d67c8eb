import { type ChatFormat, type ChatFrame, type ChatModel, chatTask, plainChat, readChat } from "./chatTemplate.js";
import { makeRenderings } from "./renderings.js";

/** The frame of a template that is trusted, rendered in this process: for measurements and tests on known models. */
export function renderChatHere(model: ChatModel, format: ChatFormat): ChatFrame {
  const task = chatTask(model, format);
  return (task === null ? plainChat(format) : readChat(task, makeRenderings(task), format)).frame;
}
