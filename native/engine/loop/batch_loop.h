#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/drafting/drafts.h"
#include "engine/graph/graph_sampler.h"
#include "engine/memory/beginnings.h"
#include "engine/memory/context.h"
#include "engine/memory/slot.h"
#include "engine/sampling/token_sampler.h"
#include "engine/scoring/field_labels.h"
#include "grammar/matching/token_grammar.h"
#include "stop_strings.h"

namespace rowmill::engine {

// What all rows of a job share.
struct JobSettings {
  std::uint32_t slots = 1;
  std::uint32_t threads = 1;
  // What one slot can hold.
  std::uint32_t slot_tokens = 512;
  // Of one decode.
  std::uint32_t batch_tokens = 512;
  // Most tokens of a row's text that are drafted as the output's next ones; 0: none.
  std::uint32_t draft_tokens = 0;
  std::vector<std::int32_t> prefix;
  std::vector<std::int32_t> suffix;
  SamplingSettings sampling;
  std::uint32_t max_tokens = 512;
  std::vector<std::string> stops;
  bool wants_logprobs = false;
  // Each token's own as well; then the former is true.
  bool wants_token_logprobs = false;
  // Leaves it to the model in which tokens it writes what the grammar leaves no choice about.
  bool samples_forced = false;
  // nullptr: free text.
  std::shared_ptr<grammar::TokenGrammar> grammar;
  // Each as tokens; empty: the output is generated.
  std::vector<std::vector<std::int32_t>> labels;
  // Fields of generated outputs whose labels are scored.
  std::vector<LabelField> fields;
  // Samples within llama.cpp's graph what can be sampled there.
  bool samples_in_graph = false;
};

// Since the loop was made.
struct LoopCounts {
  std::uint64_t steps = 0;
  // Of prefix, row and suffix of the rows whose prompt has been read.
  std::uint64_t input_tokens = 0;
  // Of those, not computed for the row itself.
  std::uint64_t shared_tokens = 0;
  std::uint64_t output_tokens = 0;
  // Of those, the only ones that the grammar allowed: not sampled.
  std::uint64_t forced_tokens = 0;
  // Tokens of drafts, and those of them that the output had.
  std::uint64_t drafted_tokens = 0;
  std::uint64_t accepted_tokens = 0;
  // Chosen within llama.cpp's graph, those that end a text among them.
  std::uint64_t graph_tokens = 0;
  // All that llama.cpp computed.
  std::uint64_t computed_tokens = 0;
  double decode_ms = 0;
  double total_ms = 0;
};

// Continuous batching: rows go into slots as these come free, and each step computes the next tokens of all of them
// together. Used by one thread.
class BatchLoop {
 public:
  // @throws EngineError the context can't be created
  BatchLoop(std::shared_ptr<const Model> model, JobSettings settings);

  [[nodiscard]] bool has_free_slot() const;
  [[nodiscard]] bool is_busy() const;
  // Gives a free slot a row.
  void Admit(Row row);
  // One decode, and what follows from it.
  // @returns the rows that ended
  // @throws EngineError llama.cpp's decode failed several times in a row; once is the failure of the rows in it
  std::vector<RowResult> Step();
  [[nodiscard]] const LoopCounts& counts() const { return counts_; }
  [[nodiscard]] const Model& model() const { return context_.model(); }
  // Whether results have the output's tokens.
  [[nodiscard]] bool gives_token_logprobs() const { return settings_.wants_token_logprobs; }

 private:
  void ComputePrefix();
  void Begin(Slot& slot, Row row);
  void BuildBatch();
  void AddPending(Slot& slot);
  void Decode();
  void TakeLogits(Slot& slot);
  void TakeLogprobs(Slot& slot, std::uint32_t before);
  void RecordLogprob(Slot& slot, std::int32_t token, std::span<const float> logits);
  // Tells the graph the masks of what it is to sample in the batch.
  void ExpectTokens();
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
  void Fail(Slot& slot, const std::string& reason);
  void FailAll(const std::string& reason);

  JobSettings settings_;
  std::shared_ptr<const LabelTree> labels_;
  // Outlives the context; nullptr where the host samples.
  std::unique_ptr<GraphSampler> graph_;
  Context context_;
  FieldLabels fields_;
  TokenSampler sampler_;
  StopStrings stops_;
  Drafts drafts_;
  std::vector<Slot> slots_;
  // Holds the prefix and nothing else.
  Slot root_;
  Beginnings beginnings_;
  std::uint64_t turns_ = 0;
  std::uint32_t failures_ = 0;
  std::vector<RowResult> ended_;
  LoopCounts counts_;
};

}  // namespace rowmill::engine
