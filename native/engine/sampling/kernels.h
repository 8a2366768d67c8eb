#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rowmill::engine {

// Tokens that the passes take together; what they note of each block lets later passes leave most blocks out.
inline constexpr std::size_t kBlockTokens = 256;

constexpr std::size_t BlocksOf(std::size_t tokens) {
  return (tokens + kBlockTokens - 1) / kBlockTokens;
}

// Logits and which of them count; see logits.h.
struct MaskedLogits {
  std::span<const float> logits;
  std::span<const std::uint32_t> mask;

  [[nodiscard]] bool Allows(std::size_t token) const {
    return mask.empty() || (token / 32 < mask.size() && (mask[token / 32] >> (token % 32) & 1) != 0);
  }
};

// A token that a threshold let through; without initial values, so that room for many costs nothing. Keys
// order by descending logit, then by ascending id, greatest first.
struct Candidate {
  std::uint64_t key;
  // exp((logit - maximum) / temperature), 1 for the best token.
  float weight;

  [[nodiscard]] std::uint32_t token() const { return ~static_cast<std::uint32_t>(key); }
  // Equal for equal logits.
  [[nodiscard]] std::uint32_t rank() const { return static_cast<std::uint32_t>(key >> 32); }
};

// exp((logit - maximum) × inverse_temperature), 0 where that is no normal float and for what is not a number.
struct Weighing {
  // The exponent of the smallest weight that counts.
  static constexpr float kLowestExponent = -87;

  float maximum = 0;
  float inverse_temperature = 1;
};

// The largest logit and the first block that holds it. Minus infinity where no allowed token has a larger
// one.
struct Peak {
  float logit = 0;
  std::size_t block = 0;
};

// The passes over a whole vocabulary, compiled for one kind of processor. Every kind computes the same bits:
// sums are taken in an order of their own, and no multiplication is fused with an addition.
struct Kernels {
  const char* name;
  // Also notes each block's largest logit in `block_maxima`, if not nullptr; minus infinity for a block with
  // none.
  Peak (*find_peak)(const MaskedLogits& row, float* block_maxima);
  // The sum of all weights. Also notes each block's sum in `block_sums`, if not nullptr.
  double (*sum_weights)(const MaskedLogits& row, const Weighing& weighing, double* block_sums);
  // The weights of one block, 0 for what is not allowed or lies behind the vocabulary.
  void (*weigh_block)(const MaskedLogits& row, std::size_t block, const Weighing& weighing, float* weights);
  // Writes the tokens whose logit is at least `threshold`, which is a number, by ascending id, without
  // weights.
  // @returns how many
  std::size_t (*collect)(const MaskedLogits& row, const float* block_maxima, float threshold,
                         Candidate* candidates);
  // Gives candidates their weights.
  void (*weigh)(std::span<Candidate> candidates, const Weighing& weighing);
};

// What this processor can run, the fastest last; the first runs everywhere.
std::span<const Kernels> SupportedKernels();
const Kernels& FastestKernels();

// A logit as an integer that orders like it: of candidates' ranks. Both zeros are one.
inline std::uint32_t RankOf(float logit) {
  const auto bits = std::bit_cast<std::uint32_t>(logit + 0.0F);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000U;
}
inline float LogitOf(std::uint32_t rank) {
  return std::bit_cast<float>((rank >> 31) != 0 ? rank & 0x7fffffffU : ~rank);
}

}  // namespace rowmill::engine
