#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/llama/model.h"
#include "label_walk.h"

namespace rowmill::engine {

// A scalar of the output that is one of a few texts.
struct LabelField {
  // The output is one of the texts and nothing else; else it is JSON, and so are the texts.
  bool is_whole = false;
  // As FindJsonValue takes it.
  std::vector<std::vector<std::string>> path;
  std::vector<std::string> texts;
};

// A row's output that is finished.
struct FinishedOutput {
  // Of the row's sequence, the prompt's first.
  std::span<const std::int32_t> tokens;
  std::uint32_t prompt_tokens = 0;
  std::string_view text;
};

// Scores, behind an output that is finished, what else its fields could have said. The labels follow the last border of the
// output's tokens at which the tokenizer itself has one, whatever label comes; the bytes between there and the field
// stand before each of them. So " true" is one token where that is usual, although the output may have " " and "true".
// Each label counts with its usual tokens; what closes it may be any token that begins with the rest of the text and a
// closing byte: the quote of a string; of other scalars a comma, a bracket or white space.
class FieldLabels {
 public:
  FieldLabels(std::shared_ptr<const Model> model, std::vector<LabelField> fields);

  // Tokens that a slot needs beyond its output.
  [[nodiscard]] static std::uint32_t RoomFor(const std::vector<LabelField>& fields);
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  // The walks through the labels of the output's fields. They are gone from the last to the first: the last field of the
  // output then comes first, and what lies before it stays as it is.
  std::vector<LabelWalk> WalksOf(const FinishedOutput& output);

 private:
  // What ends a label.
  enum class Closing : std::uint8_t { kEndOfTurn, kQuote, kOther, kOtherOrEndOfTurn };
  struct Place {
    // Tokens before the labels, and the bytes between these and the field.
    std::uint32_t begin;
    std::string before;
  };

  [[nodiscard]] std::size_t FindField(const LabelField& field, std::string_view output) const;
  [[nodiscard]] Place PlaceOf(std::uint32_t field, const FinishedOutput& output, std::size_t offset);
  const std::vector<std::size_t>& BordersIn(std::uint32_t field, const std::string& before);
  [[nodiscard]] std::string StemOf(const LabelField& field, const std::string& text) const;
  std::shared_ptr<const LabelTree> TreeOf(std::uint32_t field, const std::string& before);
  Label LabelOf(const std::string& text, Closing closing);
  TokenSet EndsOf(std::string_view rest, Closing closing);

  std::shared_ptr<const Model> model_;
  std::vector<LabelField> fields_;
  // By the field and the bytes before it.
  std::map<std::pair<std::uint32_t, std::string>, std::vector<std::size_t>> borders_;
  std::map<std::pair<std::uint32_t, std::string>, std::shared_ptr<const LabelTree>> trees_;
  std::map<std::pair<std::string, Closing>, TokenSet> ends_;
};

}  // namespace rowmill::engine
