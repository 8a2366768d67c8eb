#pragma once

#include <cstdint>
#include <span>

namespace rowmill::engine {

// What ArgMax and TokenSampler give where no token may be chosen.
inline constexpr std::uint32_t kNoToken = 0xffffffff;

// Masks hold one bit a token, bit t % 32 of word t / 32. An empty one allows everything; of a longer one the
// bits behind the vocabulary are not looked at, and the tokens that a shorter one has no bits for are not
// allowed. A logit that is not a number counts as a token that is not there.

// The allowed token with the largest logit, the lowest id among equals; kNoToken if no allowed token has a
// number.
std::uint32_t ArgMax(std::span<const float> logits, std::span<const std::uint32_t> mask);

// ln Σ exp(logit) over the vocabulary, or over a mask's tokens; minus infinity when there are none. Accurate
// to 1e-6; the same bits whatever the processor's vectors.
double LogSumExp(std::span<const float> logits);
double LogSumExp(std::span<const float> logits, std::span<const std::uint32_t> mask);

// Natural logarithm of the probability that the model itself gives a token, before masks, penalties and
// temperature.
double LogProbability(std::span<const float> logits, std::uint32_t token);

}  // namespace rowmill::engine
