#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/sampling/sampling_settings.h"
#include "engine/scoring/field_labels.h"
#include "grammar/matching/token_grammar.h"

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

}  // namespace rowmill::engine
