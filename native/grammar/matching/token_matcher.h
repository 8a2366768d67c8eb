#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "forced.h"
#include "token_grammar.h"

namespace rowmill::grammar {

// One row's way through a grammar. Used by one thread at a time; many may share the grammar.
class TokenMatcher {
 public:
  explicit TokenMatcher(std::shared_ptr<TokenGrammar> grammar);

  // Which tokens may come next, one bit each; valid until the matcher's next call.
  std::span<const std::uint32_t> Mask();
  // Whether a token may come next. Costs its bytes, not a mask.
  bool Allows(std::uint32_t token);
  // Goes on by a token; false, and nothing happens, when it may not come.
  bool Accept(std::uint32_t token);
  // Takes back the last tokens. @throws GrammarError there were not so many
  void Rollback(std::size_t count);
  // Whether the text may end here. Once an end token was accepted, nothing may follow.
  bool IsAccepting();
  // Whether it must: no byte may follow.
  bool MustEnd();
  // The bytes that must follow whatever is chosen, up to where the text may end or go on in two ways.
  std::vector<std::uint8_t> ForcedBytes();
  // The tokens that must follow, as the tokenizer itself would write them; see forced.h.
  std::vector<std::uint32_t> ForcedTokens(const Tokenizer& tokenize);
  // The tokens accepted so far.
  [[nodiscard]] std::size_t depth() const { return path_.size() - 1; }
  [[nodiscard]] const TokenGrammar& grammar() const { return *grammar_; }

 private:
  // Moves to the grammar's present space, if that has changed.
  void Settle();
  void MadeSomething() { grammar_->RenewIfFull(*space_); }
  [[nodiscard]] State* state() const { return path_.back(); }

  std::shared_ptr<TokenGrammar> grammar_;
  std::shared_ptr<StateSpace> space_;
  std::size_t renewals_;
  // The states before each token, and the present one.
  std::vector<State*> path_;
};

// Follows tokens from the grammar's start: the mask is computed (or looked up), the token checked against it and
// accepted. `nanoseconds`, of the same size, gets the time of each mask. Returns the index of the first token that
// is refused; the tokens' count when all were accepted but the text may not end there; else -1.
std::int64_t Replay(const std::shared_ptr<TokenGrammar>& grammar, std::span<const std::int32_t> tokens,
                    std::span<double> nanoseconds);

}  // namespace rowmill::grammar
