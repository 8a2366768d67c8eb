#include "label_walk.h"

namespace rowmill::engine {

std::uint32_t LabelWalk::stretch_begin() const {
  return begin_ + (HasStretch() ? tree_->stretches()[stretch_].depth : 0);
}

void LabelWalk::AppendTo(std::vector<std::int32_t>& tokens) const {
  if (HasStretch()) {
    for (const std::uint32_t node : tree_->stretches()[stretch_].nodes) {
      tokens.push_back(tree_->nodes()[node].token);
    }
  }
}

bool LabelWalk::Wants(std::uint32_t position) const {
  if (position + 1 == begin_) {
    return stretch_ == 0;
  }
  return HasStretch() && position >= begin_ + tree_->stretches()[stretch_].depth;
}

void LabelWalk::Take(std::uint32_t position, std::span<const float> logits) {
  const bool is_root = position + 1 == begin_;
  scores_.Take(is_root ? LabelTree::kRoot : NodeAt(position), logits);
}

std::uint32_t LabelWalk::NodeAt(std::uint32_t position) const {
  const LabelTree::Stretch& stretch = tree_->stretches()[stretch_];
  return stretch.nodes[position - begin_ - stretch.depth];
}

bool LabelWalk::Next() {
  stretch_++;
  return HasStretch();
}

}  // namespace rowmill::engine
