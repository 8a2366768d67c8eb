#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "page_layout.h"

namespace rowmill::counters {

// The line that x86-64 and most ARM cores move between caches: two workers never write to the same one.
inline constexpr std::size_t kCacheLineBytes = 64;

using Counter = std::atomic<std::uint64_t>;

struct alignas(kCacheLineBytes) CounterSet {
  // In the order of kCountNames.
  std::array<Counter, kCounts> counters{};
};

struct PageShape {
  std::uint32_t workers = 1;
  std::uint64_t rows_total = 0;
  std::uint64_t started_at_ms = 0;
  Counts base{};
};

// One job's counters in the memory of the process that runs it. Any thread may add to any lane and read.
class LiveCounts {
 public:
  // Makes counters and lets this process's threads find them by the page's path; earlier ones of the same path are
  // found no more. Throws std::out_of_range.
  static std::shared_ptr<LiveCounts> Make(const std::string& path, const PageShape& shape);
  // Null where this process runs no such job.
  static std::shared_ptr<LiveCounts> Find(const std::string& path);

  LiveCounts(std::string path, const PageShape& shape);
  // Throws std::out_of_range.
  CounterSet& lane(std::uint32_t worker) { return lanes_.at(worker); }
  [[nodiscard]] const PageShape& shape() const { return shape_; }
  // The base and all lanes, added up.
  [[nodiscard]] Counts Sum() const;
  // What whoever watches the job should be told beside its counts; "" for nothing. Longer texts are cut.
  void SetNote(std::string note);
  [[nodiscard]] std::string Note() const;
  // Whether no later counters have taken the path.
  [[nodiscard]] bool IsCurrent() const;
  // All of it, as it is written to the page.
  [[nodiscard]] PageRecord Record() const;

 private:
  std::string path_;
  PageShape shape_;
  std::vector<CounterSet> lanes_;
  mutable std::mutex mutex_;
  std::string note_;
};

}  // namespace rowmill::counters
