#include "logits.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels.h"

namespace rowmill::engine {

std::uint32_t ArgMax(std::span<const float> logits, std::span<const std::uint32_t> mask) {
  const MaskedLogits row = {.logits = logits, .mask = mask};
  const Peak peak = FastestKernels().find_peak(row, nullptr);
  for (std::size_t token = peak.block * kBlockTokens; token < logits.size(); token++) {
    if (logits[token] == peak.logit && row.Allows(token)) {
      return static_cast<std::uint32_t>(token);
    }
  }
  return kNoToken;
}

double LogSumExp(std::span<const float> logits) {
  return LogSumExp(logits, {});
}

double LogSumExp(std::span<const float> logits, std::span<const std::uint32_t> mask) {
  const MaskedLogits row = {.logits = logits, .mask = mask};
  const Kernels& kernels = FastestKernels();
  const float maximum = kernels.find_peak(row, nullptr).logit;
  if (std::isinf(maximum)) {
    return maximum;
  }
  return maximum + std::log(kernels.sum_weights(row, {.maximum = maximum}, nullptr));
}

double LogProbability(std::span<const float> logits, std::uint32_t token) {
  return logits[token] - LogSumExp(logits);
}

}  // namespace rowmill::engine
