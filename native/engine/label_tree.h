#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rowmill::engine {

// The labels of a job as tokens, shared beginnings once, and the order in which their tokens are computed behind a
// row's prompt: depth first, a stretch without forks in one go.
class LabelTree {
 public:
  static constexpr std::uint32_t kRoot = 0;
  static constexpr std::uint32_t kNoLabel = 0xffffffff;

  struct Node {
    std::int32_t token;
    std::uint32_t label = kNoLabel;
    std::vector<std::uint32_t> children;
  };
  struct Stretch {
    // Tokens of the way before it.
    std::uint32_t depth;
    std::vector<std::uint32_t> nodes;
  };

  explicit LabelTree(std::span<const std::vector<std::int32_t>> labels);

  [[nodiscard]] std::uint32_t labels() const { return labels_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Stretch>& stretches() const { return stretches_; }

 private:
  void Walk(std::uint32_t node, std::uint32_t depth);

  std::vector<Node> nodes_;
  std::vector<Stretch> stretches_;
  std::uint32_t labels_;
};

// One row's labels: the logarithm of each one's probability, of all its tokens and of any end of turn behind them.
class LabelScores {
 public:
  explicit LabelScores(const LabelTree& tree);

  // The logits behind a node.
  void Take(std::uint32_t node, std::span<const float> logits, std::span<const std::int32_t> end_tokens);
  [[nodiscard]] const std::vector<double>& logprobs() const { return logprobs_; }

 private:
  const LabelTree* tree_;
  // Of the way to each node.
  std::vector<double> ways_;
  std::vector<double> logprobs_;
};

}  // namespace rowmill::engine
