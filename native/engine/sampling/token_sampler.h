#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels.h"
#include "sampling_settings.h"
#include "token_counts.h"

namespace rowmill::engine {

// Chooses tokens; holds one thread's scratch space and allocates nothing per token.
//
// The semantics and their order are those of vLLM's sampler (docs.vllm.ai, vllm.v1.sample.sampler, and
// vllm/v1/sample/ops there): mask; repetition penalty over prompt and output (a positive logit divided,
// another multiplied), frequency and presence penalty over the output; arg-max if greedy; temperature; min_p,
// which keeps what has at least min_p times the largest probability; top_k, which keeps what is not below the
// k-th largest logit, so with ties at that place more than k; top_p over what is left, which keeps a token if
// the mass of those before it is less than p. Where vLLM leaves the order of equal logits open, the lower id
// comes first.
class TokenSampler {
 public:
  explicit TokenSampler(std::uint32_t vocabulary_size);

  // The row's next token; kNoToken (logits.h) if no allowed token has a logit that is a number. Of infinite
  // logits the lowest id is chosen at any temperature. A token less probable than 1e-38 times the best may
  // never be drawn.
  // @param logits   raw; those behind the vocabulary are not looked at
  // @param mask     as in logits.h
  // @param counts   the row's history; may be nullptr when the settings have no penalties
  // @param position of the token in the row: the draw depends on nothing but this and the seed. It goes along
  //                 the tokens by descending logit if min_p, top_k or top_p is set, else by ascending id.
  std::uint32_t Choose(std::span<const float> logits, std::span<const std::uint32_t> mask,
                       const SamplingSettings& settings, const TokenCounts* counts, std::uint32_t seed,
                       std::uint64_t position);

 private:
  std::uint32_t ChooseGreedily(const MaskedLogits& row, const SamplingSettings& settings,
                               const TokenCounts& counts);
  std::span<const float> PenalisedCopy(std::span<const float> logits, const SamplingSettings& settings,
                                       const TokenCounts& counts);
  std::uint32_t DrawFromAll(const MaskedLogits& row, const Weighing& weighing, double uniform);
  std::uint32_t DrawFromSome(const MaskedLogits& row, const Weighing& weighing,
                             const SamplingSettings& settings, double uniform);

  // The candidates that min_p and top_k leave, or at least those that top_p does, weighed.
  // @param total set to the mass of which top_p keeps a part
  std::span<Candidate> Survivors(const MaskedLogits& row, const Weighing& weighing,
                                 const SamplingSettings& settings, double& total);
  std::span<Candidate> CollectFrom(const MaskedLogits& row, float threshold);
  // Goes down from the largest logit until `is_enough(candidates)`, but not below `lowest`.
  template <typename IsEnough>
  std::span<Candidate> CollectUntil(const MaskedLogits& row, float maximum, float lowest,
                                    const SamplingSettings& settings, IsEnough is_enough);
  // A logit that at least k tokens reach, as every block's largest is one; minus infinity if there are fewer
  // blocks.
  float ReachedBy(std::size_t k, std::size_t blocks);

  const Kernels& kernels_;
  std::uint32_t vocabulary_size_;
  // Of the row at hand, by block.
  std::vector<float> block_maxima_;
  std::vector<double> block_sums_;
  std::vector<float> sorted_maxima_;
  // As long as the vocabulary, but memory that is not used is never touched.
  std::unique_ptr<Candidate[]> candidates_;
  // Made by the first row with penalties.
  std::vector<float> penalised_;
  std::vector<std::uint32_t> unpenalised_mask_;
};

}  // namespace rowmill::engine
