// What lies in a counters page: one record, written whole each time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace rowmill::counters {

// What is counted of a job, by its names in JavaScript, in the order in which the counts lie in the page and cross the line.
// The one list of them in C++; a test compares it with TypeScript's (src/progress/counts.ts).
inline constexpr auto kCountNames = std::to_array<const char*>({
    "rowsDone",
    "rowsFailed",
    "inputTokens",
    "outputTokens",
});
inline constexpr std::size_t kCounts = kCountNames.size();
using Counts = std::array<std::uint64_t, kCounts>;

inline constexpr std::uint32_t kMaxWorkers = 4096;
// A page of more or fewer counts is refused without it: its size and its checksum do not fit.
inline constexpr std::uint32_t kLayoutVersion = 2;
inline constexpr std::size_t kNoteBytes = 512;
// "RWMILLCP" in memory on a little-endian machine; a page of the other byte order reads as foreign.
inline constexpr std::uint64_t kMagic = 0x50434C4C494D5752;

struct PageRecord {
  std::uint64_t magic = kMagic;
  std::uint32_t version = kLayoutVersion;
  std::uint32_t workers = 1;
  std::uint64_t rows_total = 0;
  // Milliseconds since 1970.
  std::uint64_t started_at_ms = 0;
  Counts counts{};
  // UTF-8, ended by a NUL where it is shorter.
  std::array<char, kNoteBytes> note{};
  // Of all that is before. A reader that came between the halves of a write sees that it does not fit.
  std::uint64_t checksum = 0;
};
static_assert(std::is_trivially_copyable_v<PageRecord> && std::has_unique_object_representations_v<PageRecord>);

inline std::span<const std::byte> BytesOf(const PageRecord& record) {
  return std::as_bytes(std::span(&record, 1));
}

// FNV-1a over words of eight bytes.
inline std::uint64_t ChecksumOf(std::span<const std::byte> bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t sum = 0xcbf29ce484222325;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum = (sum ^ word) * kPrime;
  }
  return sum;
}
inline std::uint64_t ChecksumOf(const PageRecord& record) {
  return ChecksumOf(BytesOf(record).first(offsetof(PageRecord, checksum)));
}

}  // namespace rowmill::counters
