#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sampling_settings.h"
#include "token_counts.h"

namespace rowmill::engine {

// Chooses tokens; holds one thread's scratch space and allocates nothing after its construction.
//
// The semantics and their order are those of vLLM's sampler (docs.vllm.ai, vllm.v1.sample.sampler, and
// vllm/v1/sample/ops there): mask; repetition penalty over prompt and output (a positive logit divided, another
// multiplied), frequency and presence penalty over the output; arg-max if greedy; temperature; min_p, which keeps
// what has at least min_p times the largest probability; top_k, which keeps what is not below the k-th largest
// logit, so with ties at that place more than k; top_p over what is left, which keeps a token if the mass of those
// before it is less than p. Where vLLM leaves the order of equal logits open, the lower id comes first.
class TokenSampler {
 public:
  explicit TokenSampler(std::uint32_t vocabulary_size) : vocabulary_size_(vocabulary_size) {}

  // The row's next token; kNoToken (logits.h) if no allowed token has a logit that is a number.
  // @param logits   raw, of at most the vocabulary's size; not changed
  // @param mask     as in logits.h
  // @param counts   the row's history; may be nullptr when the settings have no penalties
  // @param position of the token in the row: the draw depends on nothing but this and the seed. It goes along the
  //                 tokens by descending logit if there is a top_k, top_p or min_p, else by ascending id.
  std::uint32_t Choose(std::span<const float> logits, std::span<const std::uint32_t> mask,
                       const SamplingSettings& settings, const TokenCounts* counts, std::uint32_t seed,
                       std::uint64_t position);

 private:
  std::uint32_t vocabulary_size_;
  std::vector<float> penalised_;
};

}  // namespace rowmill::engine
