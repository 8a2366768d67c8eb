#include "label_walk.h"

#include "slot.h"

namespace rowmill::engine {
namespace {

// Leaves so many of the slot's tokens, computed where the model's memory can be cut.
void ReturnTo(std::uint32_t kept, Slot& slot, Context& context) {
  slot.tokens.resize(kept);
  slot.computed = context.model().can_cut() ? kept : 0;
  context.Cut(slot.sequence, slot.computed);
}

}  // namespace

bool LabelWalk::Wants(std::uint32_t position) const {
  return stretch_ ? position >= begin_ + tree_->stretches()[*stretch_].depth : position + 1 == begin_;
}

std::uint32_t LabelWalk::NodeAt(std::uint32_t position) const {
  if (!stretch_) {
    return LabelTree::kRoot;
  }
  const LabelTree::Stretch& stretch = tree_->stretches()[*stretch_];
  return stretch.nodes[position - begin_ - stretch.depth];
}

void LabelWalk::Take(const Slot& slot, std::uint32_t from, const Context& context) {
  for (std::uint32_t at = from; at < slot.computed; at++) {
    if (Wants(at)) {
      scores_.Take(NodeAt(at), context.Logits(slot.place + at - from), context.model().end_tokens());
    }
  }
}

bool LabelWalk::Next(Slot& slot, Context& context) {
  const std::uint32_t next = stretch_ ? *stretch_ + 1 : 0;
  if (next == tree_->stretches().size()) {
    return false;
  }
  stretch_ = next;
  const LabelTree::Stretch& stretch = tree_->stretches()[next];
  ReturnTo(begin_ + stretch.depth, slot, context);
  for (const std::uint32_t node : stretch.nodes) {
    slot.tokens.push_back(tree_->nodes()[node].token);
  }
  return true;
}

}  // namespace rowmill::engine
