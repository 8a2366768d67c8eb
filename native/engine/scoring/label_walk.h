#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "label_tree.h"

namespace rowmill::engine {

// A way through a label tree, behind the tokens of a sequence that its labels follow: a stretch is computed, then the
// sequence goes back for the next one. Knows which tokens those are, not what computes them.
class LabelWalk {
 public:
  // @param begin of the sequence's tokens, those before the labels: at least one
  // @param field which list of the row's result the logarithms belong to
  LabelWalk(std::shared_ptr<const LabelTree> tree, std::uint32_t begin, std::uint32_t field)
      : tree_(std::move(tree)), scores_(*tree_), begin_(begin), field_(field) {}

  // Of the sequence's tokens, those that come before the stretch.
  [[nodiscard]] std::uint32_t stretch_begin() const;
  // Appends the stretch.
  void AppendTo(std::vector<std::int32_t>& tokens) const;
  // Whether the logits behind the token at a position of the sequence are to be computed: of the first stretch those
  // before it as well.
  [[nodiscard]] bool Wants(std::uint32_t position) const;
  // @param logits those behind a position that is wanted
  void Take(std::uint32_t position, std::span<const float> logits);
  // Goes on to the next stretch.
  // @returns false when there is none: all labels have their probabilities
  bool Next();

  [[nodiscard]] std::uint32_t begin() const { return begin_; }
  [[nodiscard]] std::uint32_t field() const { return field_; }
  [[nodiscard]] const std::vector<double>& logprobs() const { return scores_.logprobs(); }

 private:
  [[nodiscard]] bool HasStretch() const { return stretch_ < tree_->stretches().size(); }
  [[nodiscard]] std::uint32_t NodeAt(std::uint32_t position) const;

  std::shared_ptr<const LabelTree> tree_;
  LabelScores scores_;
  std::uint32_t begin_;
  std::uint32_t field_;
  // The one that is being computed; the first together with the last token before it.
  std::uint32_t stretch_ = 0;
};

}  // namespace rowmill::engine
