#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/graph_sampler.h"
#include "engine/memory/context.h"
#include "engine/memory/slot.h"
#include "engine/sampling/token_sampler.h"
#include "engine/scoring/field_labels.h"
#include "job_settings.h"
#include "loop_counts.h"
#include "stop_strings.h"

namespace rowmill::engine {

// How the rows' outputs go on, and end: from the logits of the last batch a token is sampled, what the grammar leaves no
// choice about is appended to it, and labels get their probabilities.
class Outputs {
 public:
  // All of these outlive it.
  // @param graph samples in the context's graph; nullptr: the host does
  Outputs(const JobSettings& settings, std::shared_ptr<const Model> model, Context& context, GraphSampler* graph,
          LoopCounts& counts);

  // Begins the output of a slot that has got its prompt. @throws grammar::GrammarError
  void Begin(Slot& slot);
  // Tells the graph the masks of what it is to sample in the batch that is about to be decoded.
  void Expect(std::vector<Slot>& slots);
  // Takes what the last batch has computed of a slot's tokens.
  void Take(Slot& slot);
  // Ends a row without an output.
  void Fail(Slot& slot, const std::string& reason);

  // Of rows that have ended.
  [[nodiscard]] bool has_results() const { return !ended_.empty(); }
  std::vector<RowResult> TakeResults() { return std::exchange(ended_, {}); }

 private:
  void TakeLogprobs(Slot& slot, std::uint32_t before);
  void RecordLogprob(Slot& slot, std::int32_t token, std::span<const float> logits);
  // Samples behind a place of the last batch.
  void Sample(Slot& slot, std::uint32_t place);
  std::uint32_t Choose(const Slot& slot, std::uint32_t place, std::span<const std::uint32_t> mask);
  // Appends a token of the output; whether the row goes on.
  bool Append(Slot& slot, std::int32_t token);
  // Appends what the grammar leaves no choice about.
  void AppendForced(Slot& slot);
  void Complete(Slot& slot, bool is_cut);
  // The output is finished: its fields' labels are scored, where asked for.
  void End(Slot& slot);
  void Finish(Slot& slot);

  const JobSettings& settings_;
  Context& context_;
  GraphSampler* graph_;
  LoopCounts& counts_;
  // nullptr: outputs are generated.
  std::shared_ptr<const LabelTree> labels_;
  FieldLabels fields_;
  TokenSampler sampler_;
  StopStrings stops_;
  std::vector<RowResult> ended_;
};

}  // namespace rowmill::engine
