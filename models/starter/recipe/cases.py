"""Writes the generated cases that `npm run starter:evaluate` asks through the product: prompts with many texts each.

    python3 cases.py --out cases.json

A job has one system prompt and one schema for all its rows, so a case here is a prompt of the generator together with
texts of which it would ask exactly that. "held out" is made of templates and words that training never saw.
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

from evaluate import CLASSIFIED, EXTRACTED
from fields import FieldMaker
from lexicon import Lexicon
from records import Writer
from tasks import GENERIC_SYSTEM, Generator

DRAWS = 1500


def example_of(split, prompt_seed, text_seed):
    """An example whose prompt is drawn from one seed and whose text from another."""
    generator = Generator(split, 0)
    generator.rng.seed(f"{split}:prompt:{prompt_seed}")
    generator.maker = FieldMaker(Writer(generator.lexicon))
    texts = Generator(split, f"text:{prompt_seed}:{text_seed}")
    generator.writer = Writer(Lexicon(split, texts.rng))
    generator.row = texts.row
    return generator.example()


def rows_of(split, prompt_seed, count):
    """The commonest prompt that this seed gives, with `count` different texts; None where there are not so many."""
    found = defaultdict(dict)
    for text_seed in range(DRAWS):
        example = example_of(split, prompt_seed, text_seed)
        if not example.system or example.system in GENERIC_SYSTEM:
            continue
        key = json.dumps([example.system, example.schema, example.facts or [[example.task, None]]], ensure_ascii=False)
        found[key][example.user] = example.answer_text
        if len(found[key]) == count:
            system, schema, facts = json.loads(key)
            if not any(fact in CLASSIFIED + EXTRACTED for fact, _ in facts):
                return None
            rows = [{"text": text, "answer": json.loads(answer) if schema else answer} for text, answer in found[key].items()]
            return {"split": "held out" if split == "test" else "known", "system": system, "schema": schema,
                    "fields": [{"fact": fact, "key": key, "group": group_of(fact)} for fact, key in facts], "rows": rows}
        if text_seed == 40 and not found:
            return None
    return None


def group_of(fact):
    return "classification" if fact in CLASSIFIED else "extraction" if fact in EXTRACTED else "other"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--prompts", type=int, default=60, help="prompts of each split")
    parser.add_argument("--texts", type=int, default=10, help="texts of each prompt")
    parser.add_argument("--seed", type=int, default=1001)
    parser.add_argument("--out", default=str(Path(__file__).parent / "cases.json"))
    options = parser.parse_args()
    cases = []
    for split in ("test", "train"):
        seeds, made = random.Random(options.seed), 0
        while made < options.prompts:
            case = rows_of(split, seeds.randrange(1 << 30), options.texts)
            if case:
                cases.append(case)
                made += 1
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    Path(options.out).write_text(f"[\n{lines}\n]\n", "utf-8")
    print(f"{len(cases)} prompts with {options.texts} texts each")


if __name__ == "__main__":
    main()
