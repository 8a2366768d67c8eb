#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/sampling/token_counts.h"
#include "engine/scoring/label_walk.h"
#include "grammar/matching/token_matcher.h"

namespace rowmill::engine {

struct Row {
  std::uint64_t index = 0;
  // Its text, without prefix and suffix.
  std::vector<std::int32_t> tokens;
  std::uint32_t seed = 0;
};

// What became of a row.
struct RowResult {
  std::uint64_t index = 0;
  // Empty unless the row failed; then the rest says nothing.
  std::string error;
  // UTF-8; may end within a character where the output was cut.
  std::string text;
  // The output was cut: by maxTokens or because the slot was full.
  bool is_cut = false;
  // Of prefix, row and suffix.
  std::uint32_t input_tokens = 0;
  // Of those, taken from what was computed for another row.
  std::uint32_t shared_tokens = 0;
  std::uint32_t output_tokens = 0;
  // The natural logarithm of the output's probability in the model's own distribution, where asked for.
  double logprob = 0;
  // The output's tokens and the natural logarithm of each one's probability, where asked for.
  std::vector<std::int32_t> tokens;
  std::vector<float> token_logprobs;
  // One a label, not normalised: of the job's labels a single list, else one a field; empty where the output has no
  // such field.
  std::vector<std::vector<double>> label_logprobs;
};

// Tokens that an output may go on with.
struct Draft {
  std::vector<std::int32_t> tokens;
  // Of the first, in the batch at hand.
  std::uint32_t place = 0;
  // How many have turned out to be the output's.
  std::uint32_t confirmed = 0;
  // How many tokens the row and the output had in common before them.
  std::uint32_t matched = 0;
};

// A sequence and the row that it runs. A free one keeps its tokens, for rows that begin the same.
struct Slot {
  std::int32_t sequence = 0;
  // What the sequence holds, and behind `computed` what it is to hold.
  std::vector<std::int32_t> tokens;
  std::uint32_t computed = 0;

  bool is_busy = false;
  // Counts up: rows are read in the order in which they came.
  std::uint64_t turn = 0;
  std::uint32_t seed = 0;
  // Of `tokens`, those before the output.
  std::uint32_t prompt_tokens = 0;
  RowResult result;
  std::optional<grammar::TokenMatcher> matcher;
  std::optional<TokenCounts> counts;
  // The prompt's tokens are in the loop's counts.
  bool is_counted = false;
  // The output is complete; its last tokens are computed for their probabilities alone.
  bool is_complete = false;
  // Why there is no mask for the token that the batch at hand samples in the graph; else empty.
  std::string mask_error;

  // While labels are scored instead of tokens sampled: the walks that are left, the last one first.
  std::vector<LabelWalk> walks;

  // In the batch at hand: the place of the first token, and how many there are.
  std::uint32_t place = 0;
  std::uint32_t added = 0;
  // And behind these.
  Draft draft;

  [[nodiscard]] std::uint32_t pending() const { return static_cast<std::uint32_t>(tokens.size()) - computed; }
  [[nodiscard]] bool is_reading() const { return is_busy && computed < prompt_tokens; }
};

}  // namespace rowmill::engine
