#pragma once

#include "sampling_settings.h"
#include "token_counts.h"

namespace rowmill::engine {

// A token's logit after the penalties for what the row holds already, in vLLM's order and in float like there
// (vllm/model_executor/layers/utils.py, apply_penalties).
inline float Penalised(float logit, const TokenCounts::Entry& entry, const SamplingSettings& settings) {
  if (entry.in_prompt || entry.outputs > 0) {
    logit = logit > 0 ? logit / settings.repetition_penalty : logit * settings.repetition_penalty;
  }
  if (entry.outputs > 0) {
    logit -= settings.frequency_penalty * static_cast<float>(entry.outputs);
    logit -= settings.presence_penalty;
  }
  return logit;
}

}  // namespace rowmill::engine
