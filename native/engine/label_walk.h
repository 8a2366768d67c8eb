#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "context.h"
#include "label_tree.h"

namespace rowmill::engine {

struct Slot;

// One slot's way through a label tree, behind the tokens that its labels follow: a stretch is computed in the slot's
// sequence, then the sequence goes back for the next one.
class LabelWalk {
 public:
  // @param begin of the slot's tokens, those before the labels: at least one
  LabelWalk(const LabelTree& tree, std::uint32_t begin) : tree_(&tree), scores_(tree), begin_(begin) {}

  // Whether the logits behind the token at a position of the slot are to be computed.
  [[nodiscard]] bool Wants(std::uint32_t position) const;
  // Takes them from the last batch, which holds the slot's tokens from `from` on.
  void Take(const Slot& slot, std::uint32_t from, const Context& context);
  // Gives the slot the next stretch, once all its tokens are computed.
  // @returns false when there is none: all labels have their probabilities
  bool Next(Slot& slot, Context& context);
  [[nodiscard]] const std::vector<double>& logprobs() const { return scores_.logprobs(); }

 private:
  [[nodiscard]] std::uint32_t NodeAt(std::uint32_t position) const;

  const LabelTree* tree_;
  LabelScores scores_;
  std::uint32_t begin_;
  // The one that is being computed; none while the tokens before the labels are.
  std::optional<std::uint32_t> stretch_;
};

}  // namespace rowmill::engine
