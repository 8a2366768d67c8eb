#pragma once

#include <cstdint>
#include <memory>
#include <utility>
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
  // @param field which list of the row's result the logarithms belong to
  LabelWalk(std::shared_ptr<const LabelTree> tree, std::uint32_t begin, std::uint32_t field)
      : tree_(std::move(tree)), scores_(*tree_), begin_(begin), field_(field) {}

  // Leaves the slot the tokens before the labels, and the first stretch behind them. What was computed of them stays,
  // but for the last one: its logits are wanted again.
  void Start(Slot& slot, Context& context) const;
  // Whether the logits behind the token at a position of the slot are to be computed.
  [[nodiscard]] bool Wants(std::uint32_t position) const;
  // Takes them from the last batch, which holds the slot's tokens from `from` on.
  void Take(const Slot& slot, std::uint32_t from, const Context& context);
  // Gives the slot the next stretch, once all its tokens are computed.
  // @returns false when there is none: all labels have their probabilities
  bool Next(Slot& slot, Context& context);

  [[nodiscard]] std::uint32_t begin() const { return begin_; }
  [[nodiscard]] std::uint32_t field() const { return field_; }
  [[nodiscard]] const std::vector<double>& logprobs() const { return scores_.logprobs(); }

 private:
  [[nodiscard]] bool HasStretch() const { return stretch_ < tree_->stretches().size(); }
  [[nodiscard]] std::uint32_t NodeAt(std::uint32_t position) const;
  void Append(Slot& slot) const;

  std::shared_ptr<const LabelTree> tree_;
  LabelScores scores_;
  std::uint32_t begin_;
  std::uint32_t field_;
  // The one that is being computed; the first together with the last token before it.
  std::uint32_t stretch_ = 0;
};

// Goes on with the last of the slot's walks, once all its tokens are computed; one that is through hands its
// logarithms to the row's result and makes way for the one before it.
// @returns false when no walk is left
bool GoOnWalking(Slot& slot, Context& context);

}  // namespace rowmill::engine
