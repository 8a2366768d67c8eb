#include "outputs.h"

#include "engine/sampling/logits.h"
#include "grammar/grammar_error.h"
#include "label_walking.h"

namespace rowmill::engine {
namespace {

std::span<const std::uint32_t> MaskOf(Slot& slot) {
  return slot.matcher ? slot.matcher->Mask() : std::span<const std::uint32_t>{};
}

}  // namespace

Outputs::Outputs(const JobSettings& settings, std::shared_ptr<const Model> model, Context& context,
                 GraphSampler* graph, LoopCounts& counts)
    : settings_(settings),
      context_(context),
      graph_(graph),
      counts_(counts),
      fields_(std::move(model), settings.fields),
      sampler_(context.model().vocabulary_size()),
      stops_(settings.stops) {
  if (!settings.labels.empty()) {
    labels_ = TreeOf(settings.labels, context.model().end_tokens());
  }
}

void Outputs::Begin(Slot& slot) {
  if (settings_.sampling.HasPenalties()) {
    if (!slot.counts) {
      slot.counts.emplace(context_.model().vocabulary_size());
    }
    slot.counts->Reset();
    slot.counts->AddPrompt(slot.tokens);
  }
  if (labels_ != nullptr) {
    slot.result.label_logprobs.resize(1);
    slot.walks.emplace_back(labels_, slot.prompt_tokens, 0);
    StartWalk(slot, context_);
  } else if (settings_.grammar != nullptr) {
    slot.matcher.emplace(settings_.grammar);
    // What every output begins with is read with the prompt.
    AppendForced(slot);
  }
}

void Outputs::Expect(std::vector<Slot>& slots) {
  if (graph_ == nullptr || settings_.grammar == nullptr) {
    return;
  }
  graph_->BeginBatch();
  for (Slot& slot : slots) {
    const bool is_sampled =
        slot.is_busy && !slot.is_complete && slot.added > 0 && slot.added == slot.pending();
    if (!is_sampled) {
      continue;
    }
    try {
      graph_->Expect(slot.sequence, MaskOf(slot));
    } catch (const grammar::GrammarError& error) {
      slot.mask_error = error.what();
    }
  }
}

void Outputs::Take(Slot& slot) {
  const std::uint32_t before = slot.computed;
  slot.computed += slot.added;
  if (!slot.is_counted && !slot.is_reading()) {
    slot.is_counted = true;
    counts_.input_tokens += slot.result.input_tokens;
    counts_.shared_tokens += slot.result.shared_tokens;
  }
  if (!slot.walks.empty()) {
    TakeWalk(slot, before, context_);
  } else if (settings_.wants_logprobs) {
    TakeLogprobs(slot, before);
  }
  if (slot.pending() > 0) {
    return;
  }
  if (!slot.walks.empty()) {
    if (!GoOnWalking(slot, context_)) {
      Finish(slot);
    }
    return;
  }
  if (slot.is_complete) {
    End(slot);
    return;
  }
  if (!slot.mask_error.empty()) {
    // Its token was sampled without the mask.
    Fail(slot, std::exchange(slot.mask_error, {}));
    return;
  }
  try {
    Sample(slot, slot.place + slot.added - 1);
  } catch (const grammar::GrammarError& error) {
    Fail(slot, error.what());
  }
}

void Outputs::TakeLogprobs(Slot& slot, std::uint32_t before) {
  for (std::uint32_t at = before; at < slot.computed; at++) {
    if (at + 1 >= slot.prompt_tokens && at + 1 < slot.tokens.size()) {
      RecordLogprob(slot, slot.tokens[at + 1], context_.Logits(slot.place + at - before));
    }
  }
}

void Outputs::RecordLogprob(Slot& slot, std::int32_t token, std::span<const float> logits) {
  const double logprob = LogProbability(logits, static_cast<std::uint32_t>(token));
  slot.result.logprob += logprob;
  if (settings_.wants_token_logprobs) {
    slot.result.tokens.push_back(token);
    slot.result.token_logprobs.push_back(static_cast<float>(logprob));
  }
}

std::uint32_t Outputs::Choose(const Slot& slot, std::uint32_t place, std::span<const std::uint32_t> mask) {
  const std::uint32_t position = slot.result.output_tokens;
  if (graph_ != nullptr) {
    counts_.graph_tokens++;
    return graph_->Choose(context_.get(), place, mask, slot.seed, position);
  }
  return sampler_.Choose(context_.Logits(place), mask, settings_.sampling, slot.counts ? &*slot.counts : nullptr,
                         slot.seed, position);
}

void Outputs::Sample(Slot& slot, std::uint32_t place) {
  const std::uint32_t chosen = Choose(slot, place, MaskOf(slot));
  if (chosen == kNoToken) {
    Fail(slot, "no token can follow: the model's logits are no numbers, or the grammar and the vocabulary don't meet");
    return;
  }
  const auto token = static_cast<std::int32_t>(chosen);
  if (context_.model().is_end(token) || (slot.matcher && slot.matcher->grammar().vocabulary().IsEnd(chosen))) {
    End(slot);
    return;
  }
  if (slot.matcher && !slot.matcher->Accept(chosen)) {
    Fail(slot, "the grammar refused a token of its own mask");
    return;
  }
  if (settings_.wants_logprobs) {
    RecordLogprob(slot, token, context_.Logits(place));
  }
  if (Append(slot, token) && slot.matcher) {
    // The chosen token's own probability is known: only those of forced ones behind it are still to come.
    AppendForced(slot);
  }
}

bool Outputs::Append(Slot& slot, std::int32_t token) {
  slot.tokens.push_back(token);
  slot.result.output_tokens++;
  counts_.output_tokens++;
  if (slot.counts) {
    slot.counts->AddOutput(token);
  }
  const std::string& piece = context_.model().piece(token);
  slot.result.text += piece;
  if (stops_.Cut(slot.result.text, piece.size())) {
    Complete(slot, false);
    return false;
  }
  if (slot.matcher && slot.matcher->MustEnd()) {
    Complete(slot, false);
    return false;
  }
  if (slot.result.output_tokens >= settings_.max_tokens || slot.tokens.size() >= settings_.slot_tokens) {
    Complete(slot, true);
    return false;
  }
  return true;
}

void Outputs::AppendForced(Slot& slot) {
  if (settings_.samples_forced) {
    return;
  }
  const Model& model = context_.model();
  const grammar::Tokenizer tokenize = [&](std::span<const std::uint8_t> text) {
    const auto tokens = model.TokenizeBehind({reinterpret_cast<const char*>(text.data()), text.size()});
    return std::vector<std::uint32_t>(tokens.begin(), tokens.end());
  };
  for (const std::uint32_t token : slot.matcher->ForcedTokens(tokenize)) {
    if (!slot.matcher->Accept(token)) {
      return;
    }
    counts_.forced_tokens++;
    if (!Append(slot, static_cast<std::int32_t>(token))) {
      return;
    }
  }
}

void Outputs::Complete(Slot& slot, bool is_cut) {
  slot.result.is_cut = is_cut;
  slot.is_complete = true;
  // The probabilities of tokens that were not sampled come from logits that are still to be computed.
  const bool has_unscored = settings_.wants_logprobs && slot.pending() > 1;
  if (!has_unscored) {
    End(slot);
  }
}

void Outputs::End(Slot& slot) {
  if (!slot.result.is_cut) {
    slot.result.label_logprobs.resize(fields_.size());
    slot.walks = fields_.WalksOf(
        {.tokens = slot.tokens, .prompt_tokens = slot.prompt_tokens, .text = slot.result.text});
    if (!slot.walks.empty()) {
      StartWalk(slot, context_);
      return;
    }
  }
  Finish(slot);
}

void Outputs::Finish(Slot& slot) {
  slot.is_busy = false;
  slot.tokens.resize(slot.computed);
  slot.matcher.reset();
  slot.walks.clear();
  ended_.push_back(std::move(slot.result));
  slot.result = {};
}

void Outputs::Fail(Slot& slot, const std::string& reason) {
  slot.result.error = reason;
  Finish(slot);
}

}  // namespace rowmill::engine
