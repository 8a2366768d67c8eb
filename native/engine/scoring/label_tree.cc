#include "label_tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/sampling/logits.h"

namespace rowmill::engine {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// ln(exp(one) + exp(other)).
double LogAdd(double one, double other) {
  const double most = std::max(one, other);
  return most == kNever ? kNever : most + std::log1p(std::exp(std::min(one, other) - most));
}

}  // namespace

LabelTree::LabelTree(std::span<const Label> labels)
    : nodes_(1), labels_(static_cast<std::uint32_t>(labels.size())) {
  for (std::uint32_t label = 0; label < labels_; label++) {
    std::vector<std::uint32_t> way = {kRoot};
    for (const std::int32_t token : labels[label].tokens) {
      way.push_back(ChildOf(way.back(), token));
    }
    for (const auto& [depth, tokens] : labels[label].ends) {
      nodes_[way[depth]].ends.push_back({.label = label, .tokens = tokens});
    }
  }
  Walk(kRoot, 0);
}

std::uint32_t LabelTree::ChildOf(std::uint32_t node, std::int32_t token) {
  const auto& children = nodes_[node].children;
  const auto known = std::ranges::find(children, token, [&](std::uint32_t child) { return nodes_[child].token; });
  if (known != children.end()) {
    return *known;
  }
  const auto child = static_cast<std::uint32_t>(nodes_.size());
  nodes_[node].children.push_back(child);
  nodes_.push_back({.token = token, .ends = {}, .children = {}});
  return child;
}

void LabelTree::Walk(std::uint32_t node, std::uint32_t depth) {
  for (const std::uint32_t child : nodes_[node].children) {
    Stretch stretch{.depth = depth, .nodes = {child}};
    while (nodes_[stretch.nodes.back()].children.size() == 1) {
      stretch.nodes.push_back(nodes_[stretch.nodes.back()].children.front());
    }
    const std::uint32_t last = stretch.nodes.back();
    const std::uint32_t end = depth + static_cast<std::uint32_t>(stretch.nodes.size());
    stretches_.push_back(std::move(stretch));
    Walk(last, end);
  }
}

std::shared_ptr<const LabelTree> TreeOf(std::span<const std::vector<std::int32_t>> labels,
                                        const std::vector<std::int32_t>& ends) {
  const auto set = std::make_shared<const std::vector<std::int32_t>>(ends);
  std::vector<Label> all;
  for (const std::vector<std::int32_t>& tokens : labels) {
    all.push_back({.tokens = tokens, .ends = {{.depth = static_cast<std::uint32_t>(tokens.size()), .tokens = set}}});
  }
  return std::make_shared<const LabelTree>(all);
}

LabelScores::LabelScores(const LabelTree& tree)
    : tree_(&tree), ways_(tree.nodes().size(), 0), logprobs_(tree.labels(), kNever) {}

void LabelScores::Take(std::uint32_t node, std::span<const float> logits) {
  const double all = LogSumExp(logits);
  const auto logprob = [&](std::int32_t token) {
    return static_cast<double>(logits[static_cast<std::size_t>(token)]) - all;
  };
  const LabelTree::Node& at = tree_->nodes()[node];
  for (const LabelTree::Node::End& end : at.ends) {
    double sum = 0;
    for (const std::int32_t token : *end.tokens) {
      sum += std::exp(logprob(token));
    }
    logprobs_[end.label] = LogAdd(logprobs_[end.label], ways_[node] + std::log(sum));
  }
  for (const std::uint32_t child : at.children) {
    ways_[child] = ways_[node] + logprob(tree_->nodes()[child].token);
  }
}

}  // namespace rowmill::engine
