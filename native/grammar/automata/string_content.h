#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "automaton.h"

namespace rowmill::grammar {

// What a JSON string may hold, as states over code points: those of an automaton, or how many code points must
// and may still come.
class StringContent {
 public:
  static constexpr std::uint32_t kNoEnd = 0xffffffff;

  // A state of the content: the automaton's, or least << 32 | most.
  using State = std::uint64_t;

  explicit StringContent(std::shared_ptr<const Automaton> automaton) : automaton_(std::move(automaton)) {}
  StringContent(std::uint32_t least, std::uint32_t most) : start_(Counts(least, most)) {}

  static State Counts(std::uint32_t least, std::uint32_t most) { return State{least} << 32 | most; }
  static std::uint32_t LeastOf(State state) { return static_cast<std::uint32_t>(state >> 32); }
  static std::uint32_t MostOf(State state) { return static_cast<std::uint32_t>(state); }

  // Where the code points of a range lead.
  struct Cover {
    enum class Kind { kNone, kSome, kAll };
    Kind kind;
    // Of all of them, when the kind is kAll.
    State target;
  };

  [[nodiscard]] bool HasAutomaton() const { return automaton_ != nullptr; }
  [[nodiscard]] const std::shared_ptr<const Automaton>& automaton() const { return automaton_; }
  [[nodiscard]] State start() const { return start_; }
  [[nodiscard]] bool IsAccepting(State state) const;
  // Whether any code point may come.
  [[nodiscard]] bool GoesOn(State state) const;
  [[nodiscard]] Cover CoverOf(State state, std::uint32_t first, std::uint32_t last) const;

 private:
  std::shared_ptr<const Automaton> automaton_;
  State start_ = 0;
};

}  // namespace rowmill::grammar
