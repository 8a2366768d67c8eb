#include "field_labels.h"

#include <algorithm>

#include "json_place.h"
#include "label_walk.h"

namespace rowmill::engine {
namespace {

// Most bytes before a field that its first token may hold as well.
constexpr std::uint32_t kMostBefore = 32;
constexpr std::string_view kWhiteSpace = " \t\n\r";

bool IsString(std::string_view text) { return text.starts_with('"'); }

// The labels begin behind the quote that all of them have.
std::size_t SharedQuote(const LabelField& field) {
  return !field.is_whole && std::ranges::all_of(field.texts, IsString) ? 1 : 0;
}

// Whether text closes a number, true, false or null.
bool ClosesScalar(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  const bool is_white = first == std::string_view::npos;
  return is_white ? !text.empty() : std::string_view(",}]").find(text[first]) != std::string_view::npos;
}

}  // namespace

FieldLabels::FieldLabels(std::shared_ptr<const Model> model, std::vector<LabelField> fields)
    : model_(std::move(model)), fields_(std::move(fields)) {}

std::uint32_t FieldLabels::RoomFor(const std::vector<LabelField>& fields) {
  std::size_t longest = 0;
  for (const LabelField& field : fields) {
    for (const std::string& text : field.texts) {
      // A token is at least a byte.
      longest = std::max(longest, text.size() + kMostBefore);
    }
  }
  return static_cast<std::uint32_t>(longest);
}

bool FieldLabels::Start(Slot& slot, Context& context) {
  slot.result.label_logprobs.resize(fields_.size());
  for (std::uint32_t field = 0; field < fields_.size(); field++) {
    const std::size_t offset = FindField(fields_[field], slot.result.text);
    if (offset == std::string::npos) {
      continue;
    }
    const Place place = PlaceAt(slot, offset + SharedQuote(fields_[field]));
    if (place.before.size() <= kMostBefore) {
      slot.walks.emplace_back(TreeOf(field, place.before), place.begin, field);
    }
  }
  // The last field of the output comes first: what lies before it stays as it is.
  std::ranges::stable_sort(slot.walks, {}, &LabelWalk::begin);
  if (slot.walks.empty()) {
    return false;
  }
  slot.walks.back().Start(slot, context);
  return true;
}

std::size_t FieldLabels::FindField(const LabelField& field, std::string_view output) const {
  if (field.is_whole) {
    return std::ranges::find(field.texts, output) == field.texts.end() ? std::string::npos : 0;
  }
  const auto offset = FindJsonValue(output, field.path);
  const auto stands = [&](const std::string& text) { return output.substr(*offset).starts_with(text); };
  return offset && std::ranges::any_of(field.texts, stands) ? *offset : std::string::npos;
}

FieldLabels::Place FieldLabels::PlaceAt(const Slot& slot, std::size_t offset) const {
  std::uint32_t at = slot.prompt_tokens;
  std::size_t border = 0;
  while (at < slot.tokens.size() && border + model_->piece(slot.tokens[at]).size() <= offset) {
    border += model_->piece(slot.tokens[at]).size();
    at++;
  }
  return {.begin = at, .before = slot.result.text.substr(border, offset - border)};
}

std::shared_ptr<const LabelTree> FieldLabels::TreeOf(std::uint32_t field, const std::string& before) {
  std::shared_ptr<const LabelTree>& tree = trees_[{field, before}];
  if (tree != nullptr) {
    return tree;
  }
  const LabelField& of = fields_[field];
  std::vector<Label> labels;
  for (const std::string& text : of.texts) {
    if (of.is_whole) {
      labels.push_back(LabelOf(before + text, Closing::kEndOfTurn));
    } else if (IsString(text)) {
      const std::size_t quote = SharedQuote(of);
      labels.push_back(LabelOf(before + text.substr(quote, text.size() - quote - 1), Closing::kQuote));
    } else {
      labels.push_back(LabelOf(before + text, of.path.empty() ? Closing::kOtherOrEndOfTurn : Closing::kOther));
    }
  }
  tree = std::make_shared<const LabelTree>(labels);
  return tree;
}

Label FieldLabels::LabelOf(const std::string& text, Closing closing) {
  Label label{.tokens = model_->TokenizeBehind(text), .ends = {}};
  std::string_view rest = text;
  for (std::uint32_t depth = 0; depth < label.tokens.size(); depth++) {
    // The last token may hold the end of the label and what closes it.
    if (TokenSet ends = EndsOf(rest, closing); !ends->empty()) {
      label.ends.push_back({.depth = depth, .tokens = std::move(ends)});
    }
    rest.remove_prefix(std::min(rest.size(), model_->piece(label.tokens[depth]).size()));
  }
  label.ends.push_back({.depth = static_cast<std::uint32_t>(label.tokens.size()), .tokens = EndsOf("", closing)});
  return label;
}

TokenSet FieldLabels::EndsOf(std::string_view rest, Closing closing) {
  TokenSet& known = ends_[{std::string(rest), closing}];
  if (known != nullptr) {
    return known;
  }
  std::vector<std::int32_t> tokens;
  if (rest.empty() && (closing == Closing::kEndOfTurn || closing == Closing::kOtherOrEndOfTurn)) {
    tokens = model_->end_tokens();
  }
  const auto vocabulary = static_cast<std::int32_t>(model_->vocabulary_size());
  for (std::int32_t token = 0; token < vocabulary && closing != Closing::kEndOfTurn; token++) {
    std::string_view piece = model_->piece(token);
    if (!piece.starts_with(rest)) {
      continue;
    }
    piece.remove_prefix(rest.size());
    if (closing == Closing::kQuote ? IsString(piece) : ClosesScalar(piece)) {
      tokens.push_back(token);
    }
  }
  known = std::make_shared<const std::vector<std::int32_t>>(std::move(tokens));
  return known;
}

}  // namespace rowmill::engine
