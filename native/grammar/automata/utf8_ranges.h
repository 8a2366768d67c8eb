#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rowmill::grammar {

// The UTF-8 texts whose i-th byte lies in first[i]..last[i].
struct Utf8Sequence {
  std::size_t size = 0;
  std::array<std::uint8_t, 4> first{};
  std::array<std::uint8_t, 4> last{};
};

// Adds what the code points from `first` to `last` are written as, surrogates left out; nothing when last < first.
void AddUtf8Sequences(std::uint32_t first, std::uint32_t last, std::vector<Utf8Sequence>& sequences);

}  // namespace rowmill::grammar
