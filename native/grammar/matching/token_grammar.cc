#include "token_grammar.h"

#include <algorithm>
#include <utility>

namespace rowmill::grammar {

TokenGrammar::TokenGrammar(std::span<const std::uint32_t> tables, std::shared_ptr<const Vocabulary> vocabulary,
                           std::size_t memory_bytes)
    : program_(tables), vocabulary_(std::move(vocabulary)), memory_bytes_(memory_bytes),
      space_(std::make_shared<StateSpace>(program_, *vocabulary_)) {}

std::shared_ptr<StateSpace> TokenGrammar::Space() const {
  const std::lock_guard lock(mutex_);
  return space_;
}

void TokenGrammar::RenewIfFull(const StateSpace& space) {
  // A space that holds hardly anything yet is never full: the step that is being made has to fit somewhere.
  constexpr std::size_t kFewestMasks = 16;
  const std::size_t least = kFewestMasks * vocabulary_->words() * sizeof(std::uint32_t);
  if (space.bytes() <= std::max(memory_bytes_ / 2, least)) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (space_.get() == &space) {
    space_ = std::make_shared<StateSpace>(program_, *vocabulary_);
    renewals_.fetch_add(1, std::memory_order_release);
  }
}

GrammarStats TokenGrammar::Stats() const {
  const std::shared_ptr<StateSpace> space = Space();
  return {.states = space->state_count(),
          .masks = space->mask_count(),
          .bytes = space->bytes() + program_.bytes(),
          .renewals = renewals()};
}

}  // namespace rowmill::grammar
