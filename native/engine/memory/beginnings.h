#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "context.h"
#include "slot.h"

namespace rowmill::engine {

// Takes what rows begin with from the sequence that has it already, so that it is computed once.
class Beginnings {
 public:
  // @param slots all sequences that may have something in common, the prefix's among them
  explicit Beginnings(std::vector<Slot*> slots);

  // A slot has got new tokens.
  void Compare(const Slot& slot);
  // Gives a slot that reads its prompt what others have computed of it.
  void Share(Slot& slot, Context& context);
  // Whether a row that came earlier is about to compute what this one could take from it.
  [[nodiscard]] bool ShouldWait(const Slot& slot) const;

 private:
  [[nodiscard]] std::size_t PairOf(const Slot& one, const Slot& other) const;
  [[nodiscard]] std::uint32_t Usable(const Slot& slot, const Slot& other) const;

  std::vector<Slot*> slots_;
  // By the two sequences: of how many tokens both begin the same.
  std::vector<std::uint32_t> common_;
};

}  // namespace rowmill::engine
