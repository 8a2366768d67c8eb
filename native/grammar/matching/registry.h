#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "grammar/vocabulary/vocabulary.h"
#include "token_grammar.h"

namespace rowmill::grammar {

// What the process holds already is shared: all its threads use the same vocabulary and the same states. Nothing
// is kept here for its own sake: what nobody holds is gone.

// @throws GrammarError see Vocabulary
std::shared_ptr<const Vocabulary> OpenVocabulary(std::span<const std::uint8_t> bytes,
                                                 std::span<const std::uint32_t> offsets,
                                                 std::span<const std::uint32_t> end_tokens);

// The memory is that of the first who opens the grammar. @throws GrammarError see Program
std::shared_ptr<TokenGrammar> OpenGrammar(std::span<const std::uint32_t> tables,
                                          std::shared_ptr<const Vocabulary> vocabulary,
                                          std::size_t memory_bytes);

}  // namespace rowmill::grammar
