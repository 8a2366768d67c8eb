#include "label_walk.h"

#include <algorithm>

#include "slot.h"

namespace rowmill::engine {
namespace {

// Leaves so many of the slot's tokens, the first of them computed where the model's memory can be cut.
void ReturnTo(std::uint32_t kept, std::uint32_t computed, Slot& slot, Context& context) {
  slot.tokens.resize(kept);
  slot.computed = context.model().can_cut() ? std::min(slot.computed, computed) : 0;
  context.Cut(slot.sequence, slot.computed);
}

}  // namespace

void LabelWalk::Start(Slot& slot, Context& context) const {
  ReturnTo(begin_, begin_ - 1, slot, context);
  Append(slot);
}

void LabelWalk::Append(Slot& slot) const {
  if (HasStretch()) {
    for (const std::uint32_t node : tree_->stretches()[stretch_].nodes) {
      slot.tokens.push_back(tree_->nodes()[node].token);
    }
  }
}

bool LabelWalk::Wants(std::uint32_t position) const {
  if (position + 1 == begin_) {
    return stretch_ == 0;
  }
  return HasStretch() && position >= begin_ + tree_->stretches()[stretch_].depth;
}

void LabelWalk::Take(const Slot& slot, std::uint32_t from, const Context& context) {
  for (std::uint32_t at = from; at < slot.computed; at++) {
    if (!Wants(at)) {
      continue;
    }
    const bool is_root = at + 1 == begin_;
    const std::uint32_t node = is_root ? LabelTree::kRoot : NodeAt(at);
    scores_.Take(node, context.Logits(slot.place + at - from));
  }
}

std::uint32_t LabelWalk::NodeAt(std::uint32_t position) const {
  const LabelTree::Stretch& stretch = tree_->stretches()[stretch_];
  return stretch.nodes[position - begin_ - stretch.depth];
}

bool LabelWalk::Next(Slot& slot, Context& context) {
  stretch_++;
  if (!HasStretch()) {
    return false;
  }
  const std::uint32_t kept = begin_ + tree_->stretches()[stretch_].depth;
  ReturnTo(kept, kept, slot, context);
  Append(slot);
  return true;
}

bool GoOnWalking(Slot& slot, Context& context) {
  LabelWalk& walk = slot.walks.back();
  if (walk.Next(slot, context)) {
    return true;
  }
  slot.result.label_logprobs[walk.field()] = walk.logprobs();
  slot.walks.pop_back();
  if (slot.walks.empty()) {
    return false;
  }
  slot.walks.back().Start(slot, context);
  return true;
}

}  // namespace rowmill::engine
