#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "grammar/states/state_space.h"

namespace rowmill::grammar {

struct ForcedText {
  std::vector<std::uint8_t> bytes;
  // After the bytes.
  State* end;
};

// What must follow a state: the grammar may not end and only one byte can come, again and again. Bounded, as a
// grammar may force text without end.
ForcedText FindForcedBytes(StateSpace& space, State* state);

// Gives the tokens of some text as the model's tokenizer writes it.
using Tokenizer = std::function<std::vector<std::uint32_t>(std::span<const std::uint8_t>)>;

// The tokens that must follow, as the tokenizer itself would write the text. A tokenizer may write the end of the
// forced text otherwise once it sees what comes after it; so, for each place from which some token reaches beyond
// the forced text in a way that the grammar allows, the text is tokenized up to that place, and only the tokens
// in which all these agree are forced. Where that leaves none, a token that is the only one allowed is forced.
std::vector<std::uint32_t> FindForcedTokens(StateSpace& space, State* state, const Tokenizer& tokenize);

}  // namespace rowmill::grammar
