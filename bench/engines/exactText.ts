import type { Tokenizer } from "../../src/engine/local/index.js";
import type { Random } from "../fuzz/random.js";

const WORDS = (
  "the a of to and in for with from that this these was were had has been before after until when while because " +
  "order parcel shop price week month morning kettle lamp desk jacket cable handle screen letter reply office branch " +
  "manager friend daughter neighbour colleague summer winter weather train street kitchen garden window paper colour " +
  "quality size weight delivery refund invoice warranty manual setting button noise light water battery charge repair " +
  "arrived broke worked failed helped called waited returned bought opened asked promised answered noticed expected " +
  "quickly slowly badly well again never always often almost quite rather very much little new old small large cheap " +
  "good better best poor early late clean loud quiet heavy simple strange happy angry sorry first second last next"
).split(" ");
/** One token wherever it stands, in every vocabulary that has English text in it. */
const FILLER = " a";
const MOST_TRIES = 64;

/** Writes text of exactly so many tokens, of words that a seed draws: neither repeated nor shared between rows. */
export class ExactText {
  /** Tokens of a word with the space before it. */
  readonly #costs = new Map<string, number>();

  constructor(private readonly engine: Pick<Tokenizer, "tokenize">) {}

  /** Continues a text until there are so many tokens.
   *  @param count  the tokens that are meant, where the text becomes part of a longer one
   *  @throws {Error} where the beginning alone has more, or no such text is found */
  fill(random: Random, tokens: number, opening: string, count = (text: string) => this.#count(text)): string {
    let text = opening;
    let left = tokens - count(text);
    while (left > 0) {
      const word = this.#nextWord(random);
      const cost = this.#costOf(word);
      text += cost <= left ? word : FILLER;
      left -= Math.min(cost, left);
    }
    // the sum of the words is not always the text: tokens may reach over their borders
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const surplus = count(text) - tokens;
      if (surplus === 0) return text;
      if (surplus < 0) text += FILLER;
      else if (text.lastIndexOf(" ") <= opening.length) break;
      else text = text.slice(0, text.lastIndexOf(" "));
    }
    throw new Error(`no text of ${tokens} tokens begins with ${JSON.stringify(opening.slice(0, 60))}`);
  }

  #nextWord(random: Random): string {
    return random.isIn(0.1) ? `. ${capitalised(random.from(WORDS))}` : ` ${random.from(WORDS)}`;
  }

  #costOf(word: string): number {
    let cost = this.#costs.get(word);
    if (cost === undefined) {
      cost = this.#count(`so${word}`) - this.#count("so");
      this.#costs.set(word, cost);
    }
    return cost;
  }

  #count(text: string): number {
    return this.engine.tokenize(text).length;
  }
}

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
