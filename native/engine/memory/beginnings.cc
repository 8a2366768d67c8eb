#include "beginnings.h"

#include <algorithm>

namespace rowmill::engine {
namespace {

// A step's wait costs more than to compute fewer tokens than these again.
constexpr std::uint32_t kWorthWaiting = 16;

}  // namespace

Beginnings::Beginnings(std::vector<Slot*> slots) : slots_(std::move(slots)), common_(slots_.size() * slots_.size()) {}

std::size_t Beginnings::PairOf(const Slot& one, const Slot& other) const {
  return static_cast<std::size_t>(one.sequence) * slots_.size() + static_cast<std::size_t>(other.sequence);
}

void Beginnings::Compare(const Slot& slot) {
  for (const Slot* other : slots_) {
    const auto end = std::ranges::mismatch(slot.tokens, other->tokens).in1;
    const auto common = static_cast<std::uint32_t>(end - slot.tokens.begin());
    common_[PairOf(slot, *other)] = common;
    common_[PairOf(*other, slot)] = common;
  }
}

std::uint32_t Beginnings::Usable(const Slot& slot, const Slot& other) const {
  // At least one token must be computed, to have logits behind it; and behind the other's prompt its tokens may change.
  return std::min({common_[PairOf(slot, other)], slot.prompt_tokens - 1, other.prompt_tokens});
}

void Beginnings::Share(Slot& slot, Context& context) {
  const Slot* source = nullptr;
  std::uint32_t most = slot.computed;
  for (const Slot* other : slots_) {
    if (other == &slot) {
      continue;
    }
    if (const std::uint32_t usable = std::min(Usable(slot, *other), other->computed); usable > most) {
      source = other;
      most = usable;
    }
  }
  if (source != nullptr) {
    context.Share(source->sequence, slot.sequence, slot.computed, most);
    slot.result.shared_tokens += most - slot.computed;
    slot.computed = most;
  }
}

bool Beginnings::ShouldWait(const Slot& slot) const {
  return std::ranges::any_of(slots_, [&](const Slot* other) {
    return other != &slot && other->is_reading() && other->turn < slot.turn &&
           Usable(slot, *other) > slot.computed + kWorthWaiting;
  });
}

}  // namespace rowmill::engine
