"""Replays the instances of a collection through a peer's Python binding: one line of JSON a schema on standard output.

    python peers.py llguidance|xgrammar FOLDER FIRST

FOLDER is written by peers.ts: vocabulary.bin and offsets.bin (token i is vocabulary[offsets[i]:offsets[i + 1]], 32-bit
little-endian), plan.json and cases.jsonl. FIRST is the schema to begin with: a worker that died is followed by another.

Set up as MaskBench sets its engines up (github.com/guidance-ai/jsonschemabench, maskbench/maskbench/*_engine.py): one
thread, fixed white space ", " and ": ". For each token the mask is computed, the token checked against it and consumed;
that is what is timed, with the wrapper's call left out where the binding offers the bare one.
"""

import array
import gc
import importlib.metadata
import json
import os
import statistics
import sys
import time

SEPARATORS = (", ", ": ")


class Llguidance:
    def __init__(self, tokens, plan):
        import llguidance

        class Vocabulary:
            # tokens without bytes never match, control tokens get llguidance's own mark
            special_token_ids = [i for i, token in enumerate(tokens) if token == b""]
            eos_token_id = plan["endTokens"][0]
            bos_token_id = None

            def __init__(self):
                self.tokens = tokens

            def __call__(self, text):
                # asked for forced tokens alone, and those are switched off
                raise RuntimeError("the instances come as tokens")

        self.lib = llguidance
        # the constructor tries the vocabulary's call out and takes the error for "no bytes"
        self.tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(Vocabulary()))
        self.mask = array.array("I", bytes(4 * ((len(tokens) + 31) // 32)))
        self.address, words = self.mask.buffer_info()
        self.bytes = 4 * words

    def compile(self, schema):
        options = json.dumps(
            {"item_separator": SEPARATORS[0], "key_separator": SEPARATORS[1], "whitespace_flexible": False}
        )
        return self.open('%llguidance {"no_forcing": true}\nstart: %json ' + with_options(schema, options))

    def trivial(self):
        return self.open('%llguidance {"no_forcing": true}\nstart: /x*/')

    def open(self, grammar):
        matcher = self.lib.LLMatcher(self.tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher

    def row(self, compiled):
        return compiled.deep_copy()

    def fill(self, matcher):
        matcher.unsafe_compute_mask_ptr(self.address, self.bytes)

    def step(self, matcher, token):
        matcher.unsafe_compute_mask_ptr(self.address, self.bytes)
        if not self.mask[token >> 5] >> (token & 31) & 1:
            return False
        return matcher.consume_token(token)

    def may_end(self, matcher):
        return matcher.is_accepting()

    def forget(self):
        pass


class Xgrammar:
    def __init__(self, tokens, plan):
        import torch
        import xgrammar

        torch.set_num_threads(1)
        self.lib = xgrammar
        info = xgrammar.TokenizerInfo(tokens, xgrammar.VocabType.RAW, stop_token_ids=plan["endTokens"])
        self.compiler = xgrammar.GrammarCompiler(info, max_threads=1)
        self.bitmask = xgrammar.allocate_token_bitmask(1, len(tokens))
        self.words = self.bitmask.numpy()[0].view("uint32")

    def compile(self, schema):
        return self.compiler.compile_json_schema(
            schema, any_whitespace=False, separators=SEPARATORS, strict_mode=False
        )

    def trivial(self):
        return self.compiler.compile_regex("x*")

    def row(self, compiled):
        return self.lib.GrammarMatcher(compiled)

    def fill(self, matcher):
        matcher.fill_next_token_bitmask(self.bitmask)

    def step(self, matcher, token):
        matcher.fill_next_token_bitmask(self.bitmask)
        if not int(self.words[token >> 5]) >> (token & 31) & 1:
            return False
        return matcher.accept_token(token)

    def may_end(self, matcher):
        return matcher.is_completed()

    def forget(self):
        self.compiler.clear_cache()


def replay(engine, compiled, instances):
    """Nanoseconds of each mask, and where each instance ended: -1 accepted, the refused token, their number when only the
    end is refused."""
    now = time.perf_counter_ns
    times, ends, errors = [], [], []
    for tokens in instances:
        matcher = engine.row(compiled)
        end = None
        try:
            for at, token in enumerate(tokens):
                start = now()
                accepted = engine.step(matcher, token)
                times.append(now() - start)
                if not accepted:
                    end = at
                    break
            if end is None:
                end = -1 if engine.may_end(matcher) else len(tokens)
        except Exception as error:  # a peer's limits: the row is lost, as in a job
            end = at
            errors.append(reason_of(error))
        ends.append(end)
    return times, ends, errors


def reason_of(error):
    """The first line: llguidance goes on with the grammar's text."""
    return (str(error) or repr(error)).split("\n")[0]


def run_case(engine, case):
    start = time.perf_counter_ns()
    try:
        compiled = engine.compile(case["schema"])
        compile_ns = time.perf_counter_ns() - start
    except Exception as error:
        return {"error": reason_of(error)}
    instances = case["instances"]
    cold, ends, errors = replay(engine, compiled, instances)
    if cold:
        first_ns = cold[0]
    else:
        matcher = engine.row(compiled)
        start = time.perf_counter_ns()
        try:
            engine.fill(matcher)
        except Exception as error:
            return {"error": reason_of(error)}
        first_ns = time.perf_counter_ns() - start
    warm, _, _ = replay(engine, compiled, instances)
    engine.forget()
    return {"ttfmNs": compile_ns + first_ns, "coldNs": cold, "warmNs": warm, "ends": ends, "errors": errors[:1]}


def binding_ns(engine):
    """Median time of the call that fills a mask in a state that allows next to nothing."""
    matcher = engine.row(engine.trivial())
    times = []
    for _ in range(2000):
        start = time.perf_counter_ns()
        engine.fill(matcher)
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times[100:])


def with_options(schema, options):
    """llguidance reads its options from the schema itself; a schema that is no object has none."""
    return schema if not schema.startswith("{") else schema[:-1].rstrip() + ("," if schema != "{}" else "") + '"x-guidance":' + options + "}"


def read_tokens(folder):
    with open(os.path.join(folder, "vocabulary.bin"), "rb") as file:
        data = file.read()
    offsets = array.array("I")
    with open(os.path.join(folder, "offsets.bin"), "rb") as file:
        offsets.frombytes(file.read())
    if sys.byteorder == "big":
        offsets.byteswap()
    return [data[offsets[i] : offsets[i + 1]] for i in range(len(offsets) - 1)]


def main():
    name, folder, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
    tokens = read_tokens(folder)
    with open(os.path.join(folder, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    engine = {"llguidance": Llguidance, "xgrammar": Xgrammar}[name](tokens, plan)
    # the binding prints warnings of its own: results go where nothing else does
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    say = lambda line: print(json.dumps(line), file=out, flush=True)
    say({"version": importlib.metadata.version(name), "bindingNs": binding_ns(engine)})
    gc.disable()
    with open(os.path.join(folder, "cases.jsonl"), encoding="utf-8") as file:
        for index, line in enumerate(file):
            if index < first:
                continue
            say({"index": index, **run_case(engine, json.loads(line))})
            gc.collect(0)


main()
