import { messageOf } from "../../errors.js";
import type { CompiledOutput } from "../../output/index.js";
import { renderChat } from "../../prompt/index.js";
import { compiledForm } from "../compiledForm.js";
import type { Engine, EngineFailure, EngineJob, EngineMeter, EngineResult, RowPull } from "../engine.js";
import { RowFrame } from "./frame.js";
import type { LabelField, TokenEngine, TokenJob, TokenPull, TokenResult } from "./tokenEngine.js";

/** Text over an engine of tokens: frames, fits and tokenises rows, and compiles what outputs must be. */
export class LocalEngine implements Engine {
  constructor(private readonly tokens: TokenEngine) {}

  async run(
    job: EngineJob,
    pull: RowPull,
    meter: EngineMeter,
    done: (result: EngineResult | EngineFailure) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { chat, truncateRows } = job;
    const chatFrame = chat.frame ?? (await renderChat(this.tokens.facts, chat)).frame;
    const frame = new RowFrame(this.tokens, chatFrame, job.sampling.maxTokens);
    const cut = new Set<number>();

    const pullRow: TokenPull = async () => {
      for (let row = await pull(); row !== null; row = await pull()) {
        const { index, text, seed } = row;
        try {
          const whole = frame.tokenize(text);
          const tokens = frame.fit(whole, truncateRows);
          if (tokens.length < whole.length) cut.add(index);
          return { index, tokens, seed };
        } catch (error) {
          done({ index, error: messageOf(error) });
        }
      }
      return null;
    };
    const end = (result: TokenResult | EngineFailure): void => {
      done({ ...result, isInputCut: cut.delete(result.index) });
    };

    const output = job.form === null ? null : await compiledForm(job.form);
    await this.tokens.run(
      tokenJob(job, output, frame),
      Object.assign(pullRow, pull.isDue && { isDue: pull.isDue }),
      meter,
      end,
      signal,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tokens[Symbol.asyncDispose]();
  }
}

function tokenJob(job: EngineJob, output: CompiledOutput | null, { prefix, suffix }: RowFrame): TokenJob {
  const { plan, form } = job;
  const { seed: _, logprobs, tokenLogprobs, ...sampling } = job.sampling;
  return {
    plan,
    prefix,
    suffix,
    grammar: output?.grammar ?? null,
    labels: job.scoresChoices && form?.kind === "choices" ? form.choices : null,
    sampling,
    logprobs,
    ...(tokenLogprobs && { tokenLogprobs }),
    ...(job.confidence && output !== null && { labelFields: labelFieldsOf(output) }),
  };
}

function labelFieldsOf(output: CompiledOutput): LabelField[] {
  return output.labelFields().map(({ isWhole, pathTexts, labels }) => ({ isWhole, path: pathTexts, labels }));
}
