#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rowmill::grammar {

inline std::uint64_t Mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
  return hash ^ (hash >> 29);
}

// A hash table of pointers to things that know their `hash`; open addressing, nothing is ever taken out.
template <typename T>
class PointerTable {
 public:
  template <typename IsEqual>
  T* Find(std::uint64_t hash, IsEqual is_equal) const {
    if (slots_.empty()) {
      return nullptr;
    }
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      T* found = slots_[at];
      if (found == nullptr || (found->hash == hash && is_equal(*found))) {
        return found;
      }
    }
  }

  void Add(T* added) {
    if ((size_ + 1) * 2 > slots_.size()) {
      Grow();
    }
    Place(added);
    size_++;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return slots_.size() * sizeof(T*); }

 private:
  void Place(T* placed) {
    std::size_t at = placed->hash & mask_;
    while (slots_[at] != nullptr) {
      at = (at + 1) & mask_;
    }
    slots_[at] = placed;
  }

  void Grow() {
    std::vector<T*> old(slots_.empty() ? 64 : slots_.size() * 2, nullptr);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (T* kept : old) {
      if (kept != nullptr) {
        Place(kept);
      }
    }
  }

  std::vector<T*> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace rowmill::grammar
