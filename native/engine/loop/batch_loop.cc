#include "batch_loop.h"

#include <chrono>
#include <utility>

#include "engine/engine_error.h"
#include "grammar/grammar_error.h"

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

GraphSampler* IfJoined(GraphSampler* graph) { return graph != nullptr && graph->has_joined() ? graph : nullptr; }

}  // namespace

BatchLoop::BatchLoop(std::shared_ptr<const Model> model, JobSettings settings)
    : settings_(std::move(settings)),
      graph_(GraphSamplerFor(settings_, *model)),
      context_(model, ContextFor(settings_, graph_.get())),
      slots_(settings_.slots),
      schedule_(settings_, slots_, context_),
      // What is refused of a draft has to be taken back.
      drafts_({.draft = context_.model().can_cut() ? settings_.draft_tokens : 0,
               .output = settings_.max_tokens,
               .slot = settings_.slot_tokens,
               .prefix = static_cast<std::uint32_t>(settings_.prefix.size())}),
      outputs_(settings_, std::move(model), context_, IfJoined(graph_.get()), counts_) {}

void BatchLoop::Admit(const Row& row) {
  const auto free = std::ranges::find(slots_, false, &Slot::is_busy);
  if (free == slots_.end()) {
    throw EngineError("no slot is free");
  }
  Slot& slot = *free;
  if (!schedule_.Begin(slot, row)) {
    outputs_.Fail(slot, "the rendered prompt is empty: the model's chat template gave no token");
    return;
  }
  try {
    outputs_.Begin(slot);
  } catch (const grammar::GrammarError& error) {
    outputs_.Fail(slot, error.what());
  }
  if (slot.is_busy) {
    schedule_.Compare(slot);
  }
}

std::vector<RowResult> BatchLoop::Step() {
  const Clock::time_point begin = Clock::now();
  try {
    if (Schedule()) {
      Decode();
      Take();
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
  return outputs_.TakeResults();
}

bool BatchLoop::Schedule() {
  while (schedule_.AddPrefix()) {
    Decode();
  }
  schedule_.AddRows();
  for (Slot& slot : slots_) {
    counts_.drafted_tokens += drafts_.Add(slot, context_);
  }
  if (context_.batch_size() == 0) {
    return false;
  }
  outputs_.Expect(slots_);
  return true;
}

void BatchLoop::Decode() {
  const Clock::time_point begin = Clock::now();
  context_.Decode();
  counts_.computed_tokens += context_.batch_size();
  counts_.decode_ms += MillisecondsSince(begin);
}

void BatchLoop::Take() {
  for (Slot& slot : slots_) {
    if (slot.added == 0) {
      continue;
    }
    do {
      outputs_.Take(slot);
      counts_.accepted_tokens += TokenDrafts::Confirm(slot);
    } while (slot.added > 0);
    drafts_.End(slot, context_);
  }
}

void BatchLoop::FailAll(const std::string& reason) {
  for (Slot& slot : slots_) {
    if (slot.is_busy) {
      outputs_.Fail(slot, reason);
    }
  }
  schedule_.Forget();
}

}  // namespace rowmill::engine
