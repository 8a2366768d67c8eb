#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "grammar/states/state_space.h"
#include "grammar/tables/program.h"
#include "grammar/vocabulary/vocabulary.h"

namespace rowmill::grammar {

struct GrammarStats {
  std::size_t states;
  std::size_t masks;
  std::size_t bytes;
  // How often all states were dropped because the memory was used up.
  std::size_t renewals;
};

// A grammar over a vocabulary, shared by all rows, slots and threads of the process. Its states are kept until
// they take half of the memory; then a new space begins and matchers move over when they next do something. The
// old and the new one together stay within the memory where all matchers are at work; one that is held and does
// nothing keeps the space that it was in, which the statistics do not count.
class TokenGrammar {
 public:
  static constexpr std::size_t kDefaultMemoryBytes = std::size_t{256} << 20;

  // @throws GrammarError see Program
  TokenGrammar(std::span<const std::uint32_t> tables, std::shared_ptr<const Vocabulary> vocabulary,
               std::size_t memory_bytes);

  [[nodiscard]] const Vocabulary& vocabulary() const { return *vocabulary_; }
  [[nodiscard]] const std::shared_ptr<const Vocabulary>& shared_vocabulary() const { return vocabulary_; }
  [[nodiscard]] bool HasTables(std::span<const std::uint32_t> tables) const { return program_.HasTables(tables); }
  [[nodiscard]] GrammarStats Stats() const;

  // The space to work in.
  [[nodiscard]] std::shared_ptr<StateSpace> Space() const;
  // Changes with the space: tells a matcher without a lock that it has to move.
  [[nodiscard]] std::size_t renewals() const { return renewals_.load(std::memory_order_acquire); }
  // To be called after something was made: begins a new space when the present one is full.
  void RenewIfFull(const StateSpace& space);

 private:
  const Program program_;
  const std::shared_ptr<const Vocabulary> vocabulary_;
  const std::size_t memory_bytes_;
  mutable std::mutex mutex_;
  std::shared_ptr<StateSpace> space_;
  std::atomic<std::size_t> renewals_ = 0;
};

}  // namespace rowmill::grammar
