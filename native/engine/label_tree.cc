#include "label_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "logits.h"

namespace rowmill::engine {

LabelTree::LabelTree(std::span<const std::vector<std::int32_t>> labels)
    : nodes_(1), labels_(static_cast<std::uint32_t>(labels.size())) {
  for (std::uint32_t label = 0; label < labels_; label++) {
    std::uint32_t at = kRoot;
    for (const std::int32_t token : labels[label]) {
      const auto& children = nodes_[at].children;
      const auto known = std::ranges::find(children, token, [&](std::uint32_t child) { return nodes_[child].token; });
      if (known != children.end()) {
        at = *known;
        continue;
      }
      const auto child = static_cast<std::uint32_t>(nodes_.size());
      nodes_[at].children.push_back(child);
      nodes_.push_back({.token = token, .label = kNoLabel, .children = {}});
      at = child;
    }
    nodes_[at].label = label;
  }
  Walk(kRoot, 0);
}

void LabelTree::Walk(std::uint32_t node, std::uint32_t depth) {
  for (const std::uint32_t child : nodes_[node].children) {
    Stretch stretch{.depth = depth, .nodes = {child}};
    while (nodes_[stretch.nodes.back()].label == kNoLabel && nodes_[stretch.nodes.back()].children.size() == 1) {
      stretch.nodes.push_back(nodes_[stretch.nodes.back()].children.front());
    }
    const std::uint32_t last = stretch.nodes.back();
    const std::uint32_t end = depth + static_cast<std::uint32_t>(stretch.nodes.size());
    stretches_.push_back(std::move(stretch));
    Walk(last, end);
  }
}

LabelScores::LabelScores(const LabelTree& tree)
    : tree_(&tree),
      ways_(tree.nodes().size(), 0),
      logprobs_(tree.labels(), -std::numeric_limits<double>::infinity()) {}

void LabelScores::Take(std::uint32_t node, std::span<const float> logits, std::span<const std::int32_t> end_tokens) {
  const double all = LogSumExp(logits);
  const auto logprob = [&](std::int32_t token) {
    return static_cast<double>(logits[static_cast<std::size_t>(token)]) - all;
  };
  const LabelTree::Node& at = tree_->nodes()[node];
  if (at.label != LabelTree::kNoLabel) {
    double ends = 0;
    for (const std::int32_t token : end_tokens) {
      ends += std::exp(logprob(token));
    }
    logprobs_[at.label] = ways_[node] + std::log(ends);
  }
  for (const std::uint32_t child : at.children) {
    ways_[child] = ways_[node] + logprob(tree_->nodes()[child].token);
  }
}

}  // namespace rowmill::engine
