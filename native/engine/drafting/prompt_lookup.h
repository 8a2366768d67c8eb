#pragma once

#include <cstdint>
#include <span>

namespace rowmill::engine {

// Tokens that stood behind the same tokens before.
struct Continuation {
  std::span<const std::int32_t> tokens;
  // How many tokens before them are the same; 0: there is no continuation.
  std::uint32_t matched = 0;
};

// Looks in a text for an earlier place that ends as the text does, and gives what follows there. The place with most
// tokens in common counts, of several the last one. Costs a look at each token.
// @param text the row and its output
// @param longest tokens at the text's end that are compared, those of the output alone
// @param most tokens of the continuation; it has fewer near the text's end
Continuation FindContinuation(std::span<const std::int32_t> text, std::uint32_t longest, std::uint32_t most);

}  // namespace rowmill::engine
