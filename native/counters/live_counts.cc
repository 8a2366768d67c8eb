#include "live_counts.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace rowmill::counters {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::mutex registry_mutex;

std::unordered_map<std::string, std::weak_ptr<LiveCounts>>& Registry() {
  // never destroyed: threads may look into it while the process ends
  static auto* registry = new std::unordered_map<std::string, std::weak_ptr<LiveCounts>>();
  return *registry;
}

}  // namespace

std::shared_ptr<LiveCounts> LiveCounts::Make(const std::string& path, const PageShape& shape) {
  auto made = std::make_shared<LiveCounts>(path, shape);
  const std::scoped_lock lock(registry_mutex);
  std::erase_if(Registry(), [](const auto& entry) { return entry.second.expired(); });
  Registry()[path] = made;
  return made;
}

std::shared_ptr<LiveCounts> LiveCounts::Find(const std::string& path) {
  const std::scoped_lock lock(registry_mutex);
  const auto found = Registry().find(path);
  return found == Registry().end() ? nullptr : found->second.lock();
}

LiveCounts::LiveCounts(std::string path, const PageShape& shape)
    : path_(std::move(path)), shape_(shape), lanes_(shape.workers) {
  if (shape.workers == 0 || shape.workers > kMaxWorkers) {
    throw std::out_of_range("a counters page has 1 to 4096 workers");
  }
}

// Relaxed is enough: counts are watched, nothing is ordered by them.
Counts LiveCounts::Sum() const {
  Counts sum = shape_.base;
  for (const CounterSet& lane : lanes_) {
    for (std::size_t count = 0; count < kCounts; ++count) {
      sum[count] += lane.counters[count].load(kRelaxed);
    }
  }
  return sum;
}

void LiveCounts::SetNote(std::string note) {
  const std::scoped_lock lock(mutex_);
  note_ = std::move(note);
}

std::string LiveCounts::Note() const {
  const std::scoped_lock lock(mutex_);
  return note_;
}

bool LiveCounts::IsCurrent() const { return Find(path_).get() == this; }

PageRecord LiveCounts::Record() const {
  PageRecord record{.workers = shape_.workers,
                    .rows_total = shape_.rows_total,
                    .started_at_ms = shape_.started_at_ms,
                    .counts = Sum()};
  const std::string note = Note();
  std::copy_n(note.begin(), std::min(note.size(), kNoteBytes - 1), record.note.begin());
  record.checksum = ChecksumOf(record);
  return record;
}

}  // namespace rowmill::counters
