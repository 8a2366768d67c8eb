#include "logits.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rowmill::engine {

namespace {

bool Allows(std::span<const std::uint32_t> mask, std::size_t token) {
  return mask.empty() || (token / 32 < mask.size() && (mask[token / 32] >> (token % 32) & 1) != 0);
}

}  // namespace

std::uint32_t ArgMax(std::span<const float> logits, std::span<const std::uint32_t> mask) {
  std::uint32_t best = kNoToken;
  for (std::uint32_t token = 0; token < logits.size(); token++) {
    if (Allows(mask, token) && !std::isnan(logits[token]) && (best == kNoToken || logits[token] > logits[best])) {
      best = token;
    }
  }
  return best;
}

double LogSumExp(std::span<const float> logits) { return LogSumExp(logits, {}); }

double LogSumExp(std::span<const float> logits, std::span<const std::uint32_t> mask) {
  const std::uint32_t best = ArgMax(logits, mask);
  if (best == kNoToken || std::isinf(logits[best])) {
    return best == kNoToken ? -std::numeric_limits<double>::infinity() : logits[best];
  }
  double sum = 0;
  for (std::size_t token = 0; token < logits.size(); token++) {
    if (Allows(mask, token) && !std::isnan(logits[token])) {
      sum += std::exp(static_cast<double>(logits[token]) - logits[best]);
    }
  }
  return logits[best] + std::log(sum);
}

double LogProbability(std::span<const float> logits, std::uint32_t token) {
  return logits[token] - LogSumExp(logits);
}

}  // namespace rowmill::engine
