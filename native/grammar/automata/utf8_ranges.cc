#include "utf8_ranges.h"

#include <algorithm>

#include "automaton.h"

namespace rowmill::grammar {
namespace {

std::size_t SizeOf(std::uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

void Encode(std::uint32_t code_point, std::size_t size, std::array<std::uint8_t, 4>& bytes) {
  constexpr std::array<std::uint8_t, 5> kLead = {0, 0, 0xc0, 0xe0, 0xf0};
  for (std::size_t at = size; at-- > 1;) {
    bytes[at] = static_cast<std::uint8_t>(0x80 | (code_point & 0x3f));
    code_point >>= 6;
  }
  bytes[0] = static_cast<std::uint8_t>(kLead[size] | code_point);
}

// Splits until every byte's range is independent of the others', as in Russ Cox's RE2 (utf8 ranges).
void Split(std::uint32_t first, std::uint32_t last, std::size_t size, std::vector<Utf8Sequence>& sequences) {
  for (std::size_t tail = 1; tail < size; tail++) {
    const std::uint32_t low = (1U << (6 * tail)) - 1;
    if ((first & ~low) == (last & ~low)) {
      break;
    }
    if ((first & low) != 0) {
      Split(first, first | low, size, sequences);
      Split((first | low) + 1, last, size, sequences);
      return;
    }
    if ((last & low) != low) {
      Split(first, (last & ~low) - 1, size, sequences);
      Split(last & ~low, last, size, sequences);
      return;
    }
  }
  Utf8Sequence& sequence = sequences.emplace_back();
  sequence.size = size;
  Encode(first, size, sequence.first);
  Encode(last, size, sequence.last);
}

}  // namespace

void AddUtf8Sequences(std::uint32_t first, std::uint32_t last, std::vector<Utf8Sequence>& sequences) {
  if (first > last) {
    return;
  }
  if (first <= kLastSurrogate && last >= kFirstSurrogate) {
    AddUtf8Sequences(first, kFirstSurrogate - 1, sequences);
    AddUtf8Sequences(kLastSurrogate + 1, last, sequences);
    return;
  }
  for (const std::uint32_t end : {0x7fU, 0x7ffU, 0xffffU, kLastCodePoint}) {
    if (first <= std::min(end, last)) {
      Split(first, std::min(end, last), SizeOf(first), sequences);
      first = end + 1;
    }
  }
}

}  // namespace rowmill::grammar
