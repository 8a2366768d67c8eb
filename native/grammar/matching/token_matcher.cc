#include "token_matcher.h"

#include <chrono>
#include <unordered_map>
#include <utility>

#include "grammar/grammar_error.h"

namespace rowmill::grammar {

TokenMatcher::TokenMatcher(std::shared_ptr<TokenGrammar> grammar)
    : grammar_(std::move(grammar)), renewals_(grammar_->renewals()) {
  // In this order: a space that is renewed in between is only left once more.
  space_ = grammar_->Space();
  path_.push_back(space_->start());
}

void TokenMatcher::Settle() {
  const std::size_t renewals = grammar_->renewals();
  if (renewals == renewals_) {
    return;
  }
  renewals_ = renewals;
  std::shared_ptr<StateSpace> space = grammar_->Space();
  if (space == space_) {
    return;
  }
  std::unordered_map<const State*, State*> known;
  std::vector<State*> path;
  path.reserve(path_.size());
  for (const State* old : path_) {
    State*& own = known[old];
    if (own == nullptr) {
      own = space->Adopt(*old);
    }
    path.push_back(own);
  }
  path_ = std::move(path);
  space_ = std::move(space);
}

std::span<const std::uint32_t> TokenMatcher::Mask() {
  if (const std::uint32_t* mask = state()->mask.load(std::memory_order_acquire)) {
    return {mask, grammar_->vocabulary().words()};
  }
  Settle();
  const std::uint32_t* mask = space_->MaskOf(state());
  MadeSomething();
  return {mask, grammar_->vocabulary().words()};
}

bool TokenMatcher::Allows(std::uint32_t token) {
  const Vocabulary& vocabulary = grammar_->vocabulary();
  if (token >= vocabulary.size()) {
    return false;
  }
  if (vocabulary.IsEnd(token)) {
    return state()->is_accepting;
  }
  const auto bytes = vocabulary.BytesOf(token);
  return !bytes.empty() && space_->Next(state(), bytes) != space_->dead();
}

bool TokenMatcher::Accept(std::uint32_t token) {
  Settle();
  const Vocabulary& vocabulary = grammar_->vocabulary();
  if (token >= vocabulary.size()) {
    return false;
  }
  if (vocabulary.IsEnd(token)) {
    if (!state()->is_accepting) {
      return false;
    }
    path_.push_back(space_->dead());
    return true;
  }
  const auto bytes = vocabulary.BytesOf(token);
  if (bytes.empty()) {
    return false;
  }
  State* next = space_->Next(state(), bytes);
  if (next == space_->dead()) {
    return false;
  }
  path_.push_back(next);
  MadeSomething();
  return true;
}

void TokenMatcher::Rollback(std::size_t count) {
  if (count > depth()) {
    throw GrammarError("can't take back more tokens than were accepted");
  }
  path_.resize(path_.size() - count);
}

bool TokenMatcher::IsAccepting() { return state()->is_accepting; }

bool TokenMatcher::MustEnd() { return state()->configs.empty(); }

std::vector<std::uint8_t> TokenMatcher::ForcedBytes() {
  Settle();
  return FindForcedBytes(*space_, state()).bytes;
}

std::vector<std::uint32_t> TokenMatcher::ForcedTokens(const Tokenizer& tokenize) {
  Settle();
  // The tokenizer is foreign code and may use this matcher meanwhile.
  const std::shared_ptr<StateSpace> space = space_;
  State* at = state();
  if (const auto* known = at->forced.load(std::memory_order_acquire)) {
    return *known;
  }
  return space->KeepForced(at, FindForcedTokens(*space, at, tokenize));
}

std::int64_t Replay(const std::shared_ptr<TokenGrammar>& grammar, std::span<const std::int32_t> tokens,
                    std::span<double> nanoseconds) {
  using Clock = std::chrono::steady_clock;
  TokenMatcher matcher(grammar);
  for (std::size_t index = 0; index < tokens.size(); index++) {
    const auto token = static_cast<std::uint32_t>(tokens[index]);
    const Clock::time_point begin = Clock::now();
    const std::span<const std::uint32_t> mask = matcher.Mask();
    const bool is_allowed = token < grammar->vocabulary().size() && (mask[token >> 5] >> (token & 31) & 1) != 0;
    const bool is_accepted = is_allowed && matcher.Accept(token);
    const Clock::time_point end = Clock::now();
    nanoseconds[index] = std::chrono::duration<double, std::nano>(end - begin).count();
    if (!is_accepted) {
      return static_cast<std::int64_t>(index);
    }
  }
  return matcher.IsAccepting() || (!tokens.empty() && grammar->vocabulary().IsEnd(static_cast<std::uint32_t>(
                                                          tokens.back())))
             ? -1
             : static_cast<std::int64_t>(tokens.size());
}

}  // namespace rowmill::grammar
