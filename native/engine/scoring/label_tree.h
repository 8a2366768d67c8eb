#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rowmill::engine {

using TokenSet = std::shared_ptr<const std::vector<std::int32_t>>;

// A text as tokens, and how it may end.
struct Label {
  // Behind so many of its tokens any of these holds the rest of it and says that it is over.
  struct End {
    std::uint32_t depth;
    TokenSet tokens;
  };

  std::vector<std::int32_t> tokens;
  std::vector<End> ends;
};

// Labels as tokens, shared beginnings once, and the order in which their tokens are computed: depth first, a stretch
// without forks in one go.
class LabelTree {
 public:
  static constexpr std::uint32_t kRoot = 0;

  struct Node {
    struct End {
      std::uint32_t label;
      TokenSet tokens;
    };

    std::int32_t token;
    std::vector<End> ends;
    std::vector<std::uint32_t> children;
  };
  struct Stretch {
    // Tokens of the way before it.
    std::uint32_t depth;
    std::vector<std::uint32_t> nodes;
  };

  explicit LabelTree(std::span<const Label> labels);

  [[nodiscard]] std::uint32_t labels() const { return labels_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Stretch>& stretches() const { return stretches_; }

 private:
  [[nodiscard]] std::uint32_t ChildOf(std::uint32_t node, std::int32_t token);
  void Walk(std::uint32_t node, std::uint32_t depth);

  std::vector<Node> nodes_;
  std::vector<Stretch> stretches_;
  std::uint32_t labels_;
};

// The tree of labels that are whole and have one way to end.
std::shared_ptr<const LabelTree> TreeOf(std::span<const std::vector<std::int32_t>> labels,
                                        const std::vector<std::int32_t>& ends);

// One row's labels: the logarithm of each one's probability, of all its tokens and of any end behind them.
class LabelScores {
 public:
  explicit LabelScores(const LabelTree& tree);

  // The logits behind a node.
  void Take(std::uint32_t node, std::span<const float> logits);
  [[nodiscard]] const std::vector<double>& logprobs() const { return logprobs_; }

 private:
  const LabelTree* tree_;
  // Of the way to each node.
  std::vector<double> ways_;
  std::vector<double> logprobs_;
};

}  // namespace rowmill::engine
