// What lies in a counters page: one header line, then one line per worker.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rowmill::counters {

// The line that x86-64 and most ARM cores move between caches: two workers never write to the same one.
inline constexpr std::size_t kCacheLineBytes = 64;
inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::uint32_t kMaxWorkers = 4096;
inline constexpr std::uint32_t kLayoutVersion = 1;
// "RWMILLCP" in memory on a little-endian machine; a page of the other byte order reads as foreign.
inline constexpr std::uint64_t kMagic = 0x50434C4C494D5752;

using Counter = std::atomic<std::uint64_t>;
static_assert(Counter::is_always_lock_free && sizeof(Counter) == sizeof(std::uint64_t),
              "a counter that is shared between processes must be a plain word");

struct CounterSet {
  Counter rows_done;
  Counter rows_failed;
  Counter input_tokens;
  Counter output_tokens;
};

struct alignas(kCacheLineBytes) PageHeader {
  // Written last, with release: a page whose magic can be read is complete. Zero while a page is being made.
  Counter magic;
  std::atomic<std::uint32_t> version;
  std::atomic<std::uint32_t> workers;
  Counter rows_total;
  // Milliseconds since 1970.
  Counter started_at_ms;
  // What the job had done before this page was made.
  CounterSet base;
};

struct alignas(kCacheLineBytes) Lane {
  CounterSet counts;
};

static_assert(sizeof(PageHeader) == kCacheLineBytes && sizeof(Lane) == kCacheLineBytes);

constexpr std::size_t BytesForWorkers(std::uint32_t workers) {
  const std::size_t needed = sizeof(PageHeader) + workers * sizeof(Lane);
  return (needed + kPageBytes - 1) / kPageBytes * kPageBytes;
}

}  // namespace rowmill::counters
