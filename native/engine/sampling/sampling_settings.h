#pragma once

#include <cstdint>

namespace rowmill::engine {

// How a row's next token is drawn; vLLM's SamplingParams and their semantics (see TokenSampler). Ranges are
// checked where the options come in, not here.
struct SamplingSettings {
  // vLLM's _SAMPLING_EPS (vllm/v1/sample/sampler.py): a lower temperature means greedy.
  static constexpr float kLowestTemperature = 1e-5F;

  float temperature = 1;
  float top_p = 1;
  // 0: the whole vocabulary.
  std::uint32_t top_k = 0;
  // Relative to the most probable token's probability.
  float min_p = 0;
  float presence_penalty = 0;
  float frequency_penalty = 0;
  float repetition_penalty = 1;

  [[nodiscard]] bool IsGreedy() const { return temperature < kLowestTemperature; }
  [[nodiscard]] bool HasPenalties() const {
    return presence_penalty != 0 || frequency_penalty != 0 || repetition_penalty != 1;
  }
};

}  // namespace rowmill::engine
