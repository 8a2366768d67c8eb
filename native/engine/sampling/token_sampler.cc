#include "token_sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "candidate_order.h"
#include "logits.h"
#include "penalties.h"
#include "row_random.h"

namespace rowmill::engine {

namespace {

double MassOf(std::span<const Candidate> candidates) {
  double mass = 0;
  for (const Candidate& candidate : candidates) {
    mass += candidate.weight;
  }
  return mass;
}

// The logit whose token is e^log_ratio times as probable as the best one.
float LogitAt(double log_ratio, float maximum, const SamplingSettings& settings) {
  const double logit = maximum + settings.temperature * log_ratio;
  return static_cast<float>(std::max<double>(logit, std::numeric_limits<float>::lowest()));
}

}  // namespace

TokenSampler::TokenSampler(std::uint32_t vocabulary_size)
    : kernels_(FastestKernels()),
      vocabulary_size_(vocabulary_size),
      block_maxima_(BlocksOf(vocabulary_size)),
      block_sums_(BlocksOf(vocabulary_size)),
      sorted_maxima_(BlocksOf(vocabulary_size)),
      candidates_(std::make_unique_for_overwrite<Candidate[]>(vocabulary_size)) {}

std::uint32_t TokenSampler::Choose(std::span<const float> logits, std::span<const std::uint32_t> mask,
                                   const SamplingSettings& settings, const TokenCounts* counts,
                                   std::uint32_t seed, std::uint64_t position) {
  const bool has_penalties = counts != nullptr && settings.HasPenalties();
  MaskedLogits row = {.logits = logits.first(std::min<std::size_t>(logits.size(), vocabulary_size_)),
                      .mask = mask};
  if (settings.IsGreedy()) {
    return has_penalties ? ChooseGreedily(row, settings, *counts) : ArgMax(row.logits, mask);
  }
  if (has_penalties) {
    row.logits = PenalisedCopy(row.logits, settings, *counts);
  }
  const float maximum = kernels_.find_peak(row, block_maxima_.data()).logit;
  if (std::isinf(maximum)) {
    return ArgMax(row.logits, mask);
  }
  const Weighing weighing = {.maximum = maximum, .inverse_temperature = 1 / settings.temperature};
  const bool takes_all = settings.min_p <= 0 && settings.top_p >= 1 &&
                         (settings.top_k == 0 || settings.top_k >= row.logits.size());
  const double uniform = UniformAt(seed, position);
  return takes_all ? DrawFromAll(row, weighing, uniform) : DrawFromSome(row, weighing, settings, uniform);
}

// The best of the tokens without a penalty, found at full speed, against the few with one.
std::uint32_t TokenSampler::ChooseGreedily(const MaskedLogits& row, const SamplingSettings& settings,
                                           const TokenCounts& counts) {
  const std::size_t words = (row.logits.size() + 31) / 32;
  unpenalised_mask_.assign(words, row.mask.empty() ? 0xffffffffU : 0);
  std::copy_n(row.mask.begin(), std::min(words, row.mask.size()), unpenalised_mask_.begin());
  for (const TokenCounts::Entry& entry : counts.entries()) {
    if (entry.token < row.logits.size()) {
      unpenalised_mask_[entry.token / 32] &= ~(1U << (entry.token % 32));
    }
  }
  std::uint32_t best = ArgMax(row.logits, unpenalised_mask_);
  float best_logit = best == kNoToken ? 0 : row.logits[best];
  for (const TokenCounts::Entry& entry : counts.entries()) {
    if (entry.token >= row.logits.size() || !row.Allows(entry.token)) {
      continue;
    }
    const float logit = Penalised(row.logits[entry.token], entry, settings);
    if (!std::isnan(logit) &&
        (best == kNoToken || logit > best_logit || (logit == best_logit && entry.token < best))) {
      best = entry.token;
      best_logit = logit;
    }
  }
  return best;
}

std::span<const float> TokenSampler::PenalisedCopy(std::span<const float> logits,
                                                   const SamplingSettings& settings,
                                                   const TokenCounts& counts) {
  penalised_.assign(logits.begin(), logits.end());
  for (const TokenCounts::Entry& entry : counts.entries()) {
    if (entry.token < penalised_.size()) {
      penalised_[entry.token] = Penalised(penalised_[entry.token], entry, settings);
    }
  }
  return penalised_;
}

std::uint32_t TokenSampler::DrawFromAll(const MaskedLogits& row, const Weighing& weighing, double uniform) {
  const double target = uniform * kernels_.sum_weights(row, weighing, block_sums_.data());
  double mass = 0;
  double before = 0;
  std::size_t block = 0;
  for (std::size_t i = 0; i < BlocksOf(row.logits.size()) && mass <= target; i++) {
    if (block_sums_[i] > 0) {
      block = i;
      before = mass;
      mass += block_sums_[i];
    }
  }
  std::array<float, kBlockTokens> weights;
  kernels_.weigh_block(row, block, weighing, weights.data());
  std::size_t chosen = 0;
  // A block's sum is rounded otherwise than one token by token: where that falls short, its last token is
  // chosen.
  for (std::size_t i = 0; i < kBlockTokens && before <= target; i++) {
    if (weights[i] > 0) {
      before += weights[i];
      chosen = i;
    }
  }
  return static_cast<std::uint32_t>(block * kBlockTokens + chosen);
}

std::uint32_t TokenSampler::DrawFromSome(const MaskedLogits& row, const Weighing& weighing,
                                         const SamplingSettings& settings, double uniform) {
  double total = 0;
  std::span<Candidate> candidates = Survivors(row, weighing, settings, total);
  if (settings.top_p < 1) {
    // The last one kept is the first with which the mass reaches p, so exceeds any number below.
    const MassPoint last = FindAtMass(candidates, std::nextafter(settings.top_p * total, -1.0));
    candidates = candidates.first(last.index + 1);
    total = last.mass;
  }
  return candidates[FindAtMass(candidates, uniform * total).index].token();
}

std::span<Candidate> TokenSampler::Survivors(const MaskedLogits& row, const Weighing& weighing,
                                             const SamplingSettings& settings, double& total) {
  float lowest = LogitAt(Weighing::kLowestExponent, weighing.maximum, settings);
  if (settings.min_p > 0) {
    lowest = std::max(lowest,
                      LogitAt(std::log(std::min(1.0, double{settings.min_p})), weighing.maximum, settings));
  }
  std::span<Candidate> candidates;
  const std::size_t k = settings.top_k;
  if (k > 0 && k < row.logits.size()) {
    const float reached = ReachedBy(k, BlocksOf(row.logits.size()));
    candidates = std::isfinite(reached)
                     ? CollectFrom(row, std::max(lowest, reached))
                     : CollectUntil(row, weighing.maximum, lowest, settings,
                                    [k](std::span<Candidate> some) { return some.size() >= k; });
    if (candidates.size() > k) {
      candidates = candidates.first(SelectTop(candidates, k));
    }
  } else if (settings.min_p > 0) {
    candidates = CollectFrom(row, lowest);
  } else {
    total = kernels_.sum_weights(row, weighing, nullptr);
    // A little more than p, as the two sums are rounded differently.
    const double enough = total * settings.top_p * (1 + 1e-6);
    return CollectUntil(row, weighing.maximum, lowest, settings, [&](std::span<Candidate> some) {
      kernels_.weigh(some, weighing);
      return MassOf(some) >= enough;
    });
  }
  kernels_.weigh(candidates, weighing);
  total = MassOf(candidates);
  return candidates;
}

std::span<Candidate> TokenSampler::CollectFrom(const MaskedLogits& row, float threshold) {
  return {candidates_.get(), kernels_.collect(row, block_maxima_.data(), threshold, candidates_.get())};
}

template <typename IsEnough>
std::span<Candidate> TokenSampler::CollectUntil(const MaskedLogits& row, float maximum, float lowest,
                                                const SamplingSettings& settings, IsEnough is_enough) {
  for (double depth = 2;; depth *= 1.5) {
    const float threshold = std::max(lowest, LogitAt(-depth, maximum, settings));
    const std::span<Candidate> candidates = CollectFrom(row, threshold);
    if (is_enough(candidates) || threshold == lowest) {
      return candidates;
    }
  }
}

float TokenSampler::ReachedBy(std::size_t k, std::size_t blocks) {
  if (k > blocks) {
    return -std::numeric_limits<float>::infinity();
  }
  const auto kth = sorted_maxima_.begin() + static_cast<std::ptrdiff_t>(k) - 1;
  const auto end = std::copy_n(block_maxima_.begin(), blocks, sorted_maxima_.begin());
  std::nth_element(sorted_maxima_.begin(), kth, end, std::greater<>());
  return *kth;
}

}  // namespace rowmill::engine
