#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace rowmill::grammar {

// Memory for many small things that all end together. Nothing in it has a destructor.
class Arena {
 public:
  template <typename T, typename... Args>
  T* Make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (Allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  template <typename T>
  std::span<T> MakeMany(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* first = static_cast<T*>(Allocate(sizeof(T) * count, alignof(T)));
    for (std::size_t i = 0; i < count; i++) {
      new (first + i) T{};
    }
    return {first, count};
  }

  // Bytes taken from the system.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void* Allocate(std::size_t size, std::size_t alignment) {
    std::size_t at = (used_ + alignment - 1) / alignment * alignment;
    if (chunks_.empty() || at + size > capacity_) {
      // Doubling: a grammar of ten states stays small, one of a million needs few chunks.
      capacity_ = std::max({size, kFirstChunk, std::min(capacity_ * 2, kLargestChunk)});
      chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(capacity_));
      bytes_ += capacity_;
      at = 0;
    }
    used_ = at + size;
    return chunks_.back().get() + at;
  }

  static constexpr std::size_t kFirstChunk = 16 << 10;
  static constexpr std::size_t kLargestChunk = 1 << 20;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace rowmill::grammar
