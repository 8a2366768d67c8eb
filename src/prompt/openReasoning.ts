/** Where a chat leaves the answer to begin. */
export interface OpenReasoning {
  /** As the template writes it: `<think>`. */
  readonly tag: string;
  /** Text that ends the reasoning, to be put before the answer. */
  readonly closing: string;
}

/** How published templates open and close a model's reasoning, where that is not an element like `<think>`. */
const MARKS: readonly (readonly [string, string])[] = [
  ["[THINK]", "[/THINK]"],
  ["◁think▷", "◁/think▷"],
  ["<|START_THINKING|>", "<|END_THINKING|>"],
  ["<|begin_of_thought|>", "<|end_of_thought|>"],
  ["<|inner_prefix|>", "<|inner_suffix|>"],
  ["<|channel>thought", "<channel|>"],
  ["<|open|>think<|sep|>", "<|close|>think<|sep|>"],
  ["Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"],
];

const ELEMENT =
  /<(\/?)(\|?)((?:[a-z]+:)?(?:think|thinking|thoughts?|reason|reasoning|analysis|reflection|scratchpad))(\|?)>/gi;

/** OpenAI's harmony format: an answer begins with its channel, and only the channel `final` is for the reader. */
const HARMONY_ANSWER = "<|channel|>final<|message|>";

/** Finds reasoning that is open at the end of what stands behind a row.
 *  @param template the template's source: harmony's marks are known by it
 *  @returns `null` where an answer may begin */
export function findOpenReasoning(suffix: string, template: string): OpenReasoning | null {
  return openChannel(suffix, template) ?? openMark(suffix) ?? openElement(suffix);
}

function openChannel(suffix: string, template: string): OpenReasoning | null {
  if (!template.includes("<|channel|>")) return null;
  const answer = suffix.slice(suffix.lastIndexOf("<|start|>"));
  if (answer === suffix || answer.includes("<|channel|>final")) return null;
  if (!answer.includes("<|channel|>")) return { tag: answer.trim(), closing: HARMONY_ANSWER };
  return {
    tag: answer.slice(answer.lastIndexOf("<|channel|>")).trim(),
    closing: `<|end|><|start|>assistant${HARMONY_ANSWER}`,
  };
}

function openMark(suffix: string): OpenReasoning | null {
  const open = MARKS.find(([begin, end]) => suffix.lastIndexOf(begin) > suffix.lastIndexOf(end));
  return open === undefined ? null : { tag: open[0], closing: open[1] };
}

function openElement(suffix: string): OpenReasoning | null {
  let open: OpenReasoning | null = null;
  for (const [tag, slash, bar, name, endBar] of suffix.matchAll(ELEMENT)) {
    if (slash === "") open = { tag, closing: `</${bar}${name}${endBar}>` };
    else if (open?.closing.toLowerCase() === tag.toLowerCase()) open = null;
  }
  return open;
}
