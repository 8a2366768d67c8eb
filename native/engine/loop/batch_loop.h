#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "batch_schedule.h"
#include "engine/drafting/token_drafts.h"
#include "engine/graph/graph_sampler.h"
#include "engine/memory/context.h"
#include "engine/memory/slot.h"
#include "job_settings.h"
#include "loop_counts.h"
#include "outputs.h"

namespace rowmill::engine {

// Continuous batching: rows go into slots as these come free, and each step computes the next tokens of all of them
// together. Used by one thread.
class BatchLoop {
 public:
  // @throws EngineError the context can't be created
  BatchLoop(std::shared_ptr<const Model> model, JobSettings settings);
  // Its parts point to one another.
  BatchLoop(const BatchLoop&) = delete;
  BatchLoop& operator=(const BatchLoop&) = delete;
  BatchLoop(BatchLoop&&) = delete;
  BatchLoop& operator=(BatchLoop&&) = delete;
  ~BatchLoop() = default;

  [[nodiscard]] bool has_free_slot() const { return !std::ranges::all_of(slots_, &Slot::is_busy); }
  [[nodiscard]] bool is_busy() const { return outputs_.has_results() || std::ranges::any_of(slots_, &Slot::is_busy); }
  // Gives a free slot a row.
  void Admit(const Row& row);
  // One decode, and what follows from it.
  // @returns the rows that ended
  // @throws EngineError llama.cpp's decode failed several times in a row; once is the failure of the rows in it
  std::vector<RowResult> Step();
  [[nodiscard]] const LoopCounts& counts() const { return counts_; }
  [[nodiscard]] const Model& model() const { return context_.model(); }
  // Whether results have the output's tokens.
  [[nodiscard]] bool gives_token_logprobs() const { return settings_.wants_token_logprobs; }

 private:
  // Makes the batch of a step.
  // @returns false when there is nothing to compute
  bool Schedule();
  void Decode();
  // Goes on with the outputs whose tokens the batch held.
  void Take();
  // No row that is in a slot can go on.
  void FailAll(const std::string& reason);

  const JobSettings settings_;
  LoopCounts counts_;
  // Outlives the context; nullptr where the host samples.
  std::unique_ptr<GraphSampler> graph_;
  Context context_;
  std::vector<Slot> slots_;
  BatchSchedule schedule_;
  TokenDrafts drafts_;
  Outputs outputs_;
  std::uint32_t failures_ = 0;
};

}  // namespace rowmill::engine
