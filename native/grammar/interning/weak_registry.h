#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace rowmill::grammar {

// Weak references by a hash of the content; the content itself decides. Keeps nothing alive.
template <typename T>
class WeakRegistry {
 public:
  // What is known and the same, else what `make` makes.
  template <typename IsSame, typename Make>
  std::shared_ptr<T> Open(std::uint64_t hash, IsSame is_same, Make make) {
    // Made under the lock: of two threads that open the same one the second waits instead of making it again.
    const std::lock_guard lock(mutex_);
    DropGone();
    const auto [first, last] = known_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
      std::shared_ptr<T> found = at->second.lock();
      if (found != nullptr && is_same(*found)) {
        return found;
      }
    }
    std::shared_ptr<T> made = make();
    known_.emplace(hash, made);
    return made;
  }

 private:
  void DropGone() {
    if (known_.size() < least_to_drop_) {
      return;
    }
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    least_to_drop_ = known_.size() * 2 + 16;
  }

  std::mutex mutex_;
  std::unordered_multimap<std::uint64_t, std::weak_ptr<T>> known_;
  std::size_t least_to_drop_ = 16;
};

}  // namespace rowmill::grammar
