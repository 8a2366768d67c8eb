#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "kernels.h"

// The bodies of the passes, inlined into each of the versions in kernels.cc. The loops have fixed lengths and
// no branches, so that compilers turn them into vector instructions of any width without being told to.

#if defined(__GNUC__)
#define ROWMILL_INLINE [[gnu::always_inline]] inline
#else
#define ROWMILL_INLINE inline
#endif
// Only when each round's length is known before loops are made vector code: 7 µs instead of 12 for ArgMax.
#if defined(__GNUC__) && !defined(__clang__)
#define ROWMILL_UNROLL _Pragma("GCC unroll 8")
#else
#define ROWMILL_UNROLL
#endif

namespace rowmill::engine::passes {

constexpr std::size_t kWordTokens = 32;
constexpr std::size_t kBlockWords = kBlockTokens / kWordTokens;
constexpr float kNothing = -std::numeric_limits<float>::infinity();
constexpr std::uint32_t kEverything = 0xffffffff;

// Powers of two as a table: a shift by a lane's number is no vector instruction on older processors.
constexpr auto kLaneBits = [] {
  std::array<std::uint32_t, kWordTokens> bits{};
  for (std::size_t lane = 0; lane < bits.size(); lane++) {
    bits[lane] = std::uint32_t{1} << lane;
  }
  return bits;
}();

using Buffer = std::array<float, kBlockTokens>;

ROWMILL_INLINE std::uint32_t WordAt(const MaskedLogits& row, std::size_t word) {
  return row.mask.empty() ? kEverything : word < row.mask.size() ? row.mask[word] : 0;
}

// The logits of a block with minus infinity where none is allowed; nullptr if none is.
// @param buffer used where they cannot be read in place
ROWMILL_INLINE const float* LoadBlock(const MaskedLogits& row, std::size_t block, Buffer& buffer) {
  const std::size_t first = block * kBlockTokens;
  const std::size_t count = std::min(kBlockTokens, row.logits.size() - first);
  std::uint32_t any = row.mask.empty() ? kEverything : 0;
  std::uint32_t all = kEverything;
  if (!row.mask.empty()) {
    for (std::size_t word = 0; word < kBlockWords; word++) {
      const std::uint32_t bits = WordAt(row, block * kBlockWords + word);
      any |= bits;
      all &= bits;
    }
  }
  if (any == 0) {
    return nullptr;
  }
  const float* logits = row.logits.data() + first;
  if (count < kBlockTokens) {
    std::ranges::fill(buffer, kNothing);
    std::copy_n(logits, count, buffer.begin());
    logits = buffer.data();
  }
  if (all == kEverything) {
    return logits;
  }
  for (std::size_t word = 0; word < kBlockWords; word++) {
    const std::uint32_t bits = WordAt(row, block * kBlockWords + word);
    const std::size_t at = word * kWordTokens;
    for (std::size_t lane = 0; lane < kWordTokens; lane++) {
      buffer[at + lane] = (bits & kLaneBits[lane]) != 0 ? logits[at + lane] : kNothing;
    }
  }
  return buffer.data();
}

// Not std::max: of a number and what is none, this takes the number if it is the second.
ROWMILL_INLINE float Larger(float logit, float known) {
  return logit > known ? logit : known;
}

// Halves the block again and again: the same order of comparisons for any width of vector.
ROWMILL_INLINE float LargestOf(const float* logits) {
  constexpr std::size_t kHalf = kBlockTokens / 2;
  std::array<float, kHalf> largest;
  for (std::size_t i = 0; i < kHalf; i++) {
    largest[i] = Larger(logits[i], Larger(logits[i + kHalf], kNothing));
  }
  ROWMILL_UNROLL
  for (std::size_t half = kHalf / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; i++) {
      largest[i] = Larger(largest[i + half], largest[i]);
    }
  }
  return largest[0];
}

ROWMILL_INLINE Peak FindPeak(const MaskedLogits& row, float* block_maxima) {
  Peak peak = {.logit = kNothing};
  Buffer buffer;
  for (std::size_t block = 0; block < BlocksOf(row.logits.size()); block++) {
    const float* logits = LoadBlock(row, block, buffer);
    const float largest = logits == nullptr ? kNothing : LargestOf(logits);
    if (block_maxima != nullptr) {
      block_maxima[block] = largest;
    }
    if (largest > peak.logit) {
      peak = {.logit = largest, .block = block};
    }
  }
  return peak;
}

// e^x for x <= 0, and 0 where a normal float cannot hold that (below about -87.7) and for what is not a
// number: 2^n · e^r with a polynomial for e^r, |r| <= ln 2 / 2. Relative error below 3e-7.
ROWMILL_INLINE float Exponential(float x) {
  constexpr float kLog2OfE = 1.44269504F;
  // ln 2 in two parts, the first with few enough bits that its product with n is exact (Cody and Waite).
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  // Adding it leaves the nearest integer in a float's lowest bits.
  constexpr float kRound = 12582912.0F;
  // Here n is -127, and the bits of 2^n are those of 0.
  constexpr float kLowest = -88;
  const float exponent = Larger(x, kLowest);
  const float shifted = exponent * kLog2OfE + kRound;
  const float n = shifted - kRound;
  const float r = (exponent - n * kLn2High) - n * kLn2Low;
  // The four coefficients with the smallest largest relative error, 1.1e-7, found by reweighted least
  // squares.
  float sum = 0.00831247769F;
  sum = sum * r + 0.0418905501F;
  sum = sum * r + 0.166671163F;
  sum = sum * r + 0.499992288F;
  sum = sum * r + 1.0F;
  sum = sum * r + 1.0F;
  const std::uint32_t power =
      (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kRound) + 127) << 23;
  return sum * std::bit_cast<float>(power);
}

ROWMILL_INLINE void WeighBlock(const float* logits, const Weighing& weighing, float* weights) {
  for (std::size_t i = 0; i < kBlockTokens; i++) {
    weights[i] = Exponential((logits[i] - weighing.maximum) * weighing.inverse_temperature);
  }
}

// Adds halves, then the last few in double: the same order of additions for any width of vector.
ROWMILL_INLINE double SumOf(Buffer& weights) {
  constexpr std::size_t kLast = 4;
  ROWMILL_UNROLL
  for (std::size_t half = kBlockTokens / 2; half >= kLast; half /= 2) {
    for (std::size_t i = 0; i < half; i++) {
      weights[i] += weights[i + half];
    }
  }
  double sum = 0;
  for (std::size_t i = 0; i < kLast; i++) {
    sum += weights[i];
  }
  return sum;
}

ROWMILL_INLINE double SumWeights(const MaskedLogits& row, const Weighing& weighing, double* block_sums) {
  double total = 0;
  Buffer buffer;
  Buffer weights;
  for (std::size_t block = 0; block < BlocksOf(row.logits.size()); block++) {
    const float* logits = LoadBlock(row, block, buffer);
    double sum = 0;
    if (logits != nullptr) {
      WeighBlock(logits, weighing, weights.data());
      sum = SumOf(weights);
    }
    if (block_sums != nullptr) {
      block_sums[block] = sum;
    }
    total += sum;
  }
  return total;
}

ROWMILL_INLINE void WeighOneBlock(const MaskedLogits& row, std::size_t block, const Weighing& weighing,
                                  float* weights) {
  Buffer buffer;
  const float* logits = LoadBlock(row, block, buffer);
  if (logits == nullptr) {
    std::fill_n(weights, kBlockTokens, 0.0F);
  } else {
    WeighBlock(logits, weighing, weights);
  }
}

ROWMILL_INLINE std::size_t Collect(const MaskedLogits& row, const float* block_maxima, float threshold,
                                   Candidate* candidates) {
  std::size_t count = 0;
  Buffer buffer;
  for (std::size_t block = 0; block < BlocksOf(row.logits.size()); block++) {
    const float* logits = block_maxima[block] >= threshold ? LoadBlock(row, block, buffer) : nullptr;
    if (logits == nullptr) {
      continue;
    }
    for (std::size_t word = 0; word < kBlockWords; word++) {
      const float* lanes = logits + word * kWordTokens;
      std::uint32_t bits = 0;
      for (std::size_t lane = 0; lane < kWordTokens; lane++) {
        bits |= lanes[lane] >= threshold ? kLaneBits[lane] : 0;
      }
      for (; bits != 0; bits &= bits - 1) {
        const auto lane = static_cast<std::size_t>(std::countr_zero(bits));
        const auto token = static_cast<std::uint32_t>(block * kBlockTokens + word * kWordTokens + lane);
        candidates[count++].key = static_cast<std::uint64_t>(RankOf(lanes[lane])) << 32 | ~token;
      }
    }
  }
  return count;
}

ROWMILL_INLINE void Weigh(std::span<Candidate> candidates, const Weighing& weighing) {
  for (Candidate& candidate : candidates) {
    candidate.weight =
        Exponential((LogitOf(candidate.rank()) - weighing.maximum) * weighing.inverse_temperature);
  }
}

}  // namespace rowmill::engine::passes
