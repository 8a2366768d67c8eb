#include "token_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "logits.h"
#include "row_random.h"

namespace rowmill::engine {

std::uint32_t TokenSampler::Choose(std::span<const float> logits, std::span<const std::uint32_t> mask,
                                   const SamplingSettings& settings, const TokenCounts* counts, std::uint32_t seed,
                                   std::uint64_t position) {
  penalised_.assign(logits.begin(), logits.end());
  if (counts != nullptr && settings.HasPenalties()) {
    for (const TokenCounts::Entry& entry : counts->entries()) {
      float& logit = penalised_[entry.token];
      if (entry.in_prompt || entry.outputs > 0) {
        logit = logit > 0 ? logit / settings.repetition_penalty : logit * settings.repetition_penalty;
        logit -= settings.frequency_penalty * static_cast<float>(entry.outputs);
        logit -= entry.outputs > 0 ? settings.presence_penalty : 0;
      }
    }
  }
  const std::uint32_t best = ArgMax(penalised_, mask);
  if (settings.IsGreedy() || best == kNoToken || std::isinf(penalised_[best])) {
    return best;
  }
  std::vector<std::uint32_t> tokens;
  for (std::uint32_t token = 0; token < logits.size(); token++) {
    const bool allowed = mask.empty() || (token / 32 < mask.size() && (mask[token / 32] >> (token % 32) & 1) != 0);
    if (allowed && !std::isnan(penalised_[token])) {
      tokens.push_back(token);
    }
  }
  const double maximum = penalised_[best];
  const auto weight = [&](std::uint32_t token) {
    return std::exp((penalised_[token] - maximum) / settings.temperature);
  };
  if (settings.top_k > 0 || settings.top_p < 1 || settings.min_p > 0) {
    std::ranges::stable_sort(tokens, [&](auto a, auto b) { return penalised_[a] > penalised_[b]; });
    std::erase_if(tokens, [&](auto token) { return weight(token) < settings.min_p; });
    if (settings.top_k > 0 && settings.top_k < tokens.size()) {
      const float last = penalised_[tokens[settings.top_k - 1]];
      std::erase_if(tokens, [&](auto token) { return penalised_[token] < last; });
    }
    const double total = std::accumulate(tokens.begin(), tokens.end(), 0.0,
                                         [&](double sum, auto token) { return sum + weight(token); });
    double before = 0;
    std::size_t kept = 0;
    while (kept < tokens.size() && (kept == 0 || before < settings.top_p * total)) {
      before += weight(tokens[kept++]);
    }
    tokens.resize(kept);
  }
  const double total = std::accumulate(tokens.begin(), tokens.end(), 0.0,
                                       [&](double sum, auto token) { return sum + weight(token); });
  double left = UniformAt(seed, position) * total;
  for (const std::uint32_t token : tokens) {
    left -= weight(token);
    if (left < 0) {
      return token;
    }
  }
  return best;
}

}  // namespace rowmill::engine
