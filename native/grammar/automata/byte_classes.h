#pragma once

#include <array>
#include <cstdint>

#include "grammar/grammar_error.h"

namespace rowmill::grammar {

// Bytes that a state can't tell apart share a class, so that one step serves all of them. Class 0 is dead:
// nothing follows those bytes.
struct ByteClasses {
  static constexpr int kSeveral = -1;

  std::array<std::uint8_t, 256> of{};
  // One byte of each class; that of class 0 means nothing.
  std::array<std::uint8_t, 256> byte_of{};
  // With class 0.
  std::uint16_t count = 1;
  std::uint16_t live_bytes = 0;
  // The byte where exactly one is live, else kSeveral.
  std::int16_t only_byte = kSeveral;

  std::uint8_t AddClass(std::uint8_t byte) {
    if (count == 256) {
      // Never of valid UTF-8, which has fewer than 250 different bytes.
      throw GrammarError("a state of the grammar tells too many bytes apart");
    }
    byte_of[count] = byte;
    return static_cast<std::uint8_t>(count++);
  }

  // To be called once all bytes have their class.
  void Finish() {
    live_bytes = 0;
    only_byte = kSeveral;
    for (int byte = 0; byte < 256; byte++) {
      if (of[static_cast<std::size_t>(byte)] != 0) {
        live_bytes++;
        only_byte = static_cast<std::int16_t>(byte);
      }
    }
    if (live_bytes != 1) {
      only_byte = kSeveral;
    }
  }
};

}  // namespace rowmill::grammar
