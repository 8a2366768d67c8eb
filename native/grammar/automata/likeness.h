#pragma once

#include <cstdint>

#include "automaton.h"

namespace rowmill::grammar {

// How long two states can't be told apart by which characters they allow.
struct Likeness {
  // For ever.
  bool is_equal;
  // Texts of at most so many characters are allowed by both or by neither.
  std::uint32_t characters;

  [[nodiscard]] bool IsCloserThan(const Likeness& other) const {
    return is_equal ? !other.is_equal : !other.is_equal && characters > other.characters;
  }
};

// Compares two states, of one automaton or of two, for `enough` characters. What would take long counts as unlike.
Likeness LikenessOf(const Automaton& a, std::uint32_t state_a, const Automaton& b, std::uint32_t state_b,
                    std::uint32_t enough);

}  // namespace rowmill::grammar
