#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "grammar/interning/pointer_table.h"

namespace rowmill::grammar {

struct Frame;

// Places of the network that a step has been at. Small mostly, so a few are just looked through.
class PlaceSet {
 public:
  // Whether it was not in yet.
  bool Add(std::uint32_t position, const Frame* stack) {
    const Place place{position, stack};
    if (places_.size() < kFew) {
      if (std::ranges::find(places_, place) != places_.end()) {
        return false;
      }
      places_.push_back(place);
      if (places_.size() == kFew) {
        Rehash();
      }
      return true;
    }
    std::uint32_t& slot = SlotOf(place);
    if (slot != 0) {
      return false;
    }
    places_.push_back(place);
    slot = static_cast<std::uint32_t>(places_.size());
    if (places_.size() * 2 > slots_.size()) {
      Rehash();
    }
    return true;
  }

  void Clear() { places_.clear(); }
  [[nodiscard]] std::size_t size() const { return places_.size(); }

 private:
  static constexpr std::size_t kFew = 24;
  static constexpr std::size_t kFirstSlots = 256;

  struct Place {
    std::uint32_t position;
    const Frame* stack;
    bool operator==(const Place&) const = default;
  };

  std::uint32_t& SlotOf(const Place& place) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = Mix(Mix(0, place.position), reinterpret_cast<std::uintptr_t>(place.stack)) & mask;
    while (slots_[at] != 0 && places_[slots_[at] - 1] != place) {
      at = (at + 1) & mask;
    }
    return slots_[at];
  }

  void Rehash() {
    // A power of two; the table of an earlier step is kept for its room alone.
    slots_.assign(places_.size() == kFew ? kFirstSlots : slots_.size() * 2, 0);
    for (std::size_t index = 0; index < places_.size(); index++) {
      SlotOf(places_[index]) = static_cast<std::uint32_t>(index + 1);
    }
  }

  std::vector<Place> places_;
  std::vector<std::uint32_t> slots_;
};

}  // namespace rowmill::grammar
