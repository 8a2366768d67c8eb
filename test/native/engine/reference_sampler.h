#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "engine/sampling/sampling_settings.h"

namespace sampling_test {

// Everything that decides over one token, as plainly as it can be said.
struct Draw {
  std::vector<float> logits;
  // Whether each token may come.
  std::vector<bool> allowed;
  rowmill::engine::SamplingSettings settings;
  std::vector<std::int32_t> prompt;
  std::vector<std::int32_t> output;
  double uniform = 0;
};

// What vLLM's documentation says, done one step after another with lists, sorting and double arithmetic;
// shares no code with the sampler. Nothing where no token may come.
std::optional<std::uint32_t> ChooseByReference(const Draw& draw);

// The tokens that the reference chooses when the number drawn, top_p and min_p are each moved a little up or
// down: what a sampler with smaller rounding errors than that may choose.
std::set<std::uint32_t> ChoicesNearby(const Draw& draw, double tolerance);

// ln Σ exp(logit) over the allowed tokens, with the C library's functions.
double LogSumExpByReference(std::span<const float> logits, const std::vector<bool>& allowed);

}  // namespace sampling_test
