#include "batch_loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/engine_error.h"
#include "engine/sampling/logits.h"
#include "grammar/grammar_error.h"
#include "label_walking.h"

namespace rowmill::engine {
namespace {

using Clock = std::chrono::steady_clock;

// So many decodes that fail one after the other are not the rows' fault.
constexpr std::uint32_t kMostFailures = 3;

double MillisecondsSince(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

ContextSettings ContextFor(const JobSettings& job, GraphSampler* graph) {
  const auto prefix = static_cast<std::uint32_t>(job.prefix.size());
  // The prefix lies in the memory once; what else rows share only makes room.
  return {.sequences = job.slots + 1,
          .tokens = prefix + std::uint64_t{job.slots} * (job.slot_tokens - std::min(prefix, job.slot_tokens) +
                                                         FieldLabels::RoomFor(job.fields)),
          // llama.cpp ends the process over a context for more sequences than a batch has tokens.
          .batch_tokens = std::max(job.batch_tokens, job.slots + 1),
          .threads = job.threads,
          .outputs = graph == nullptr ? 0 : job.slots + 1,
          .graph = graph};
}

// What is scored, and what is drafted, needs the logits behind several tokens of a sequence.
std::unique_ptr<GraphSampler> GraphSamplerFor(const JobSettings& job, const Model& model) {
  const bool needs_logits = job.wants_logprobs || !job.labels.empty() || !job.fields.empty() ||
                            (job.draft_tokens > 0 && model.can_cut());
  if (!job.samples_in_graph || needs_logits || !GraphSampler::Supports(job.sampling, model.vocabulary_size())) {
    return nullptr;
  }
  const GraphSettings settings = {
      .sequences = job.slots, .has_masks = job.grammar != nullptr, .sampling = job.sampling};
  return std::make_unique<GraphSampler>(model, settings);
}

std::span<const std::uint32_t> MaskOf(Slot& slot) {
  return slot.matcher ? slot.matcher->Mask() : std::span<const std::uint32_t>{};
}

std::vector<Slot*> PointersTo(std::vector<Slot>& slots, Slot& root) {
  std::vector<Slot*> pointers;
  for (Slot& slot : slots) {
    pointers.push_back(&slot);
  }
  pointers.push_back(&root);
  for (std::size_t at = 0; at < pointers.size(); at++) {
    pointers[at]->sequence = static_cast<std::int32_t>(at);
  }
  return pointers;
}

}  // namespace

BatchLoop::BatchLoop(std::shared_ptr<const Model> model, JobSettings settings)
    : settings_(std::move(settings)),
      graph_(GraphSamplerFor(settings_, *model)),
      context_(model, ContextFor(settings_, graph_.get())),
      fields_(std::move(model), settings_.fields),
      sampler_(context_.model().vocabulary_size()),
      stops_(settings_.stops),
      // What is refused of a draft has to be taken back.
      drafts_({.draft = context_.model().can_cut() ? settings_.draft_tokens : 0,
               .output = settings_.max_tokens,
               .slot = settings_.slot_tokens,
               .prefix = static_cast<std::uint32_t>(settings_.prefix.size())}),
      slots_(settings_.slots),
      beginnings_(PointersTo(slots_, root_)) {
  if (graph_ != nullptr && !graph_->has_joined()) {
    graph_.reset();
  }
  if (!settings_.labels.empty()) {
    labels_ = TreeOf(settings_.labels, context_.model().end_tokens());
  }
}

bool BatchLoop::has_free_slot() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) { return !slot.is_busy; });
}

bool BatchLoop::is_busy() const {
  return !ended_.empty() || std::ranges::any_of(slots_, [](const Slot& slot) { return slot.is_busy; });
}

void BatchLoop::Admit(Row row) {
  const auto free = [](const Slot& slot) { return !slot.is_busy; };
  const auto slot = std::ranges::find_if(slots_, free);
  if (slot == slots_.end()) {
    throw EngineError("no slot is free");
  }
  try {
    Begin(*slot, std::move(row));
  } catch (const grammar::GrammarError& error) {
    Fail(*slot, error.what());
  }
}

void BatchLoop::Begin(Slot& slot, Row row) {
  slot.is_busy = true;
  slot.turn = turns_++;
  slot.seed = row.seed;
  slot.is_counted = false;
  slot.is_complete = false;
  slot.result = {};
  slot.result.index = row.index;
  slot.walks.clear();

  std::vector<std::int32_t> prompt = settings_.prefix;
  prompt.insert(prompt.end(), row.tokens.begin(), row.tokens.end());
  prompt.insert(prompt.end(), settings_.suffix.begin(), settings_.suffix.end());
  if (prompt.empty()) {
    Fail(slot, "the rendered prompt is empty: the model's chat template gave no token");
    return;
  }
  // What this sequence holds already of it.
  const auto held = static_cast<std::uint32_t>(std::ranges::mismatch(prompt, slot.tokens).in1 - prompt.begin());
  const std::uint32_t kept =
      context_.model().can_cut() ? std::min({held, slot.computed, static_cast<std::uint32_t>(prompt.size()) - 1}) : 0;
  slot.prompt_tokens = static_cast<std::uint32_t>(prompt.size());
  slot.result.input_tokens = slot.prompt_tokens;
  slot.result.shared_tokens = kept;
  slot.tokens = std::move(prompt);
  slot.computed = kept;
  context_.Cut(slot.sequence, kept);
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
  if (slot.is_busy) {
    beginnings_.Compare(slot);
  }
}

std::vector<RowResult> BatchLoop::Step() {
  const Clock::time_point begin = Clock::now();
  try {
    ComputePrefix();
    BuildBatch();
    for (Slot& slot : slots_) {
      counts_.drafted_tokens += drafts_.Add(slot, context_);
    }
    if (context_.batch_size() > 0) {
      ExpectTokens();
      Decode();
      for (Slot& slot : slots_) {
        if (slot.added > 0) {
          do {
            TakeLogits(slot);
            counts_.accepted_tokens += Drafts::Confirm(slot);
          } while (slot.added > 0);
          drafts_.End(slot, context_);
        }
      }
    }
    failures_ = 0;
  } catch (const EngineError& error) {
    FailAll(error.what());
    if (++failures_ == kMostFailures) {
      throw;
    }
  }
  counts_.steps++;
  counts_.total_ms += MillisecondsSince(begin);
  return std::exchange(ended_, {});
}

void BatchLoop::ComputePrefix() {
  if (root_.computed == settings_.prefix.size()) {
    return;
  }
  root_.tokens = settings_.prefix;
  root_.prompt_tokens = static_cast<std::uint32_t>(root_.tokens.size());
  beginnings_.Compare(root_);
  while (root_.computed < root_.tokens.size()) {
    context_.ClearBatch();
    AddPending(root_);
    Decode();
    root_.computed += std::exchange(root_.added, 0);
  }
}

void BatchLoop::BuildBatch() {
  context_.ClearBatch();
  std::vector<Slot*> reading;
  for (Slot& slot : slots_) {
    slot.added = 0;
    slot.draft = {};
    if (slot.is_reading()) {
      reading.push_back(&slot);
    } else if (slot.is_busy) {
      AddPending(slot);
    }
  }
  std::ranges::sort(reading, {}, [](const Slot* slot) { return slot->turn; });
  for (Slot* slot : reading) {
    if (!context_.model().can_cut()) {
      if (slot->computed == 0 && slot->prompt_tokens > root_.computed && root_.computed > 0) {
        context_.ShareAll(root_.sequence, slot->sequence);
        slot->result.shared_tokens = slot->computed = root_.computed;
      }
      AddPending(*slot);
      continue;
    }
    beginnings_.Share(*slot, context_);
    if (!beginnings_.ShouldWait(*slot)) {
      AddPending(*slot);
    }
  }
}

void BatchLoop::AddPending(Slot& slot) {
  slot.added = std::min(slot.pending(), context_.room());
  const auto size = static_cast<std::uint32_t>(slot.tokens.size());
  for (std::uint32_t at = slot.computed; at < slot.computed + slot.added; at++) {
    const bool is_last = at + 1 == size && slot.is_busy && !slot.is_complete;
    const bool is_scored = settings_.wants_logprobs && at + 1 >= slot.prompt_tokens && at + 1 < size && slot.is_busy;
    const bool is_label = !slot.walks.empty() && slot.walks.back().Wants(at);
    const std::uint32_t place = context_.Add(slot.tokens[at], at, slot.sequence, is_last || is_scored || is_label);
    if (at == slot.computed) {
      slot.place = place;
    }
  }
}

void BatchLoop::ExpectTokens() {
  if (graph_ == nullptr || settings_.grammar == nullptr) {
    return;
  }
  graph_->BeginBatch();
  for (Slot& slot : slots_) {
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

void BatchLoop::Decode() {
  const Clock::time_point begin = Clock::now();
  context_.Decode();
  counts_.computed_tokens += context_.batch_size();
  counts_.decode_ms += MillisecondsSince(begin);
}

void BatchLoop::TakeLogits(Slot& slot) {
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

void BatchLoop::TakeLogprobs(Slot& slot, std::uint32_t before) {
  for (std::uint32_t at = before; at < slot.computed; at++) {
    if (at + 1 >= slot.prompt_tokens && at + 1 < slot.tokens.size()) {
      RecordLogprob(slot, slot.tokens[at + 1], context_.Logits(slot.place + at - before));
    }
  }
}

void BatchLoop::RecordLogprob(Slot& slot, std::int32_t token, std::span<const float> logits) {
  const double logprob = LogProbability(logits, static_cast<std::uint32_t>(token));
  slot.result.logprob += logprob;
  if (settings_.wants_token_logprobs) {
    slot.result.tokens.push_back(token);
    slot.result.token_logprobs.push_back(static_cast<float>(logprob));
  }
}

std::uint32_t BatchLoop::Choose(const Slot& slot, std::uint32_t place, std::span<const std::uint32_t> mask) {
  const std::uint32_t position = slot.result.output_tokens;
  if (graph_ != nullptr) {
    counts_.graph_tokens++;
    return graph_->Choose(context_.get(), place, mask, slot.seed, position);
  }
  return sampler_.Choose(context_.Logits(place), mask, settings_.sampling, slot.counts ? &*slot.counts : nullptr,
                         slot.seed, position);
}

void BatchLoop::Sample(Slot& slot, std::uint32_t place) {
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

bool BatchLoop::Append(Slot& slot, std::int32_t token) {
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

void BatchLoop::AppendForced(Slot& slot) {
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

void BatchLoop::Complete(Slot& slot, bool is_cut) {
  slot.result.is_cut = is_cut;
  slot.is_complete = true;
  // The probabilities of tokens that were not sampled come from logits that are still to be computed.
  const bool has_unscored = settings_.wants_logprobs && slot.pending() > 1;
  if (!has_unscored) {
    End(slot);
  }
}

void BatchLoop::End(Slot& slot) {
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

void BatchLoop::Finish(Slot& slot) {
  slot.is_busy = false;
  slot.tokens.resize(slot.computed);
  slot.matcher.reset();
  slot.walks.clear();
  ended_.push_back(std::move(slot.result));
  slot.result = {};
}

void BatchLoop::Fail(Slot& slot, const std::string& reason) {
  slot.result.error = reason;
  Finish(slot);
}

void BatchLoop::FailAll(const std::string& reason) {
  for (Slot& slot : slots_) {
    if (slot.is_busy) {
      Fail(slot, reason);
    }
    slot.tokens.clear();
    slot.computed = 0;
  }
  root_.tokens.clear();
  root_.computed = 0;
  context_.Clear();
}

}  // namespace rowmill::engine
