#include "field_labels.h"

#include <algorithm>
#include <numeric>

#include "json_place.h"

namespace rowmill::engine {
namespace {

// Most bytes before a field that its labels' tokens may hold as well.
constexpr std::uint32_t kMostBefore = 32;
// Where the output may have other borders than the tokenizer: so many of its tokens before the field.
constexpr std::uint32_t kTokensBack = 2;
// Trees that are kept: with the white space of a free style the bytes before a field differ from row to row.
constexpr std::size_t kMostTrees = 1000;
constexpr std::string_view kWhiteSpace = " \t\n\r";

bool IsString(std::string_view text) { return text.starts_with('"'); }

// The labels begin behind the quote that all of them have.
std::size_t SharedQuote(const LabelField& field) {
  return !field.is_whole && std::ranges::all_of(field.texts, IsString) ? 1 : 0;
}

// What a string's label ends with is what closes it.
std::size_t OwnQuote(const LabelField& field, std::string_view text) {
  return !field.is_whole && IsString(text) ? 1 : 0;
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

std::vector<LabelWalk> FieldLabels::WalksOf(const FinishedOutput& output) {
  if (trees_.size() > kMostTrees) {
    trees_.clear();
    borders_.clear();
  }
  std::vector<LabelWalk> walks;
  for (std::uint32_t field = 0; field < fields_.size(); field++) {
    const std::size_t offset = FindField(fields_[field], output.text);
    if (offset == std::string::npos) {
      continue;
    }
    const Place place = PlaceOf(field, output, offset + SharedQuote(fields_[field]));
    if (place.before.size() <= kMostBefore) {
      walks.emplace_back(TreeOf(field, place.before), place.begin, field);
    }
  }
  std::ranges::stable_sort(walks, {}, &LabelWalk::begin);
  return walks;
}

std::size_t FieldLabels::FindField(const LabelField& field, std::string_view output) const {
  if (field.is_whole) {
    return std::ranges::find(field.texts, output) == field.texts.end() ? std::string::npos : 0;
  }
  const auto offset = FindJsonValue(output, field.path);
  const auto stands = [&](const std::string& text) { return output.substr(*offset).starts_with(text); };
  return offset && std::ranges::any_of(field.texts, stands) ? *offset : std::string::npos;
}

FieldLabels::Place FieldLabels::PlaceOf(std::uint32_t field, const FinishedOutput& output, std::size_t offset) {
  // Borders of the output's tokens, up to the field.
  std::vector<std::size_t> own = {0};
  for (std::size_t at = output.prompt_tokens; at < output.tokens.size(); at++) {
    const std::size_t border = own.back() + model_->piece(output.tokens[at]).size();
    if (border > offset) {
      break;
    }
    own.push_back(border);
  }
  const std::size_t first = own.size() - 1 - std::min<std::size_t>(own.size() - 1, kTokensBack);
  const std::string before(output.text.substr(own[first], offset - own[first]));
  const std::vector<std::size_t>& usual = BordersIn(field, before);
  std::size_t last = own.size() - 1;
  while (last > first && std::ranges::find(usual, own[last] - own[first]) == usual.end()) {
    last--;
  }
  return {.begin = output.prompt_tokens + static_cast<std::uint32_t>(last),
          .before = std::string(output.text.substr(own[last], offset - own[last]))};
}

// Where in the bytes before a field the tokenizer has a border, whatever label follows.
const std::vector<std::size_t>& FieldLabels::BordersIn(std::uint32_t field, const std::string& before) {
  const auto [known, is_new] = borders_.try_emplace({field, before});
  if (!is_new) {
    return known->second;
  }
  std::vector<std::size_t> common(before.size() + 1);
  std::iota(common.begin(), common.end(), 0);
  for (const std::string& text : fields_[field].texts) {
    std::vector<std::size_t> borders = {0};
    for (const std::int32_t token : model_->TokenizeBehind(before + StemOf(fields_[field], text))) {
      borders.push_back(borders.back() + model_->piece(token).size());
    }
    std::erase_if(common, [&](std::size_t border) { return !std::ranges::binary_search(borders, border); });
  }
  return known->second = std::move(common);
}

std::string FieldLabels::StemOf(const LabelField& field, const std::string& text) const {
  const std::size_t quote = SharedQuote(field);
  return text.substr(quote, text.size() - quote - OwnQuote(field, text));
}

std::shared_ptr<const LabelTree> FieldLabels::TreeOf(std::uint32_t field, const std::string& before) {
  std::shared_ptr<const LabelTree>& tree = trees_[{field, before}];
  if (tree != nullptr) {
    return tree;
  }
  const LabelField& of = fields_[field];
  const Closing other = of.path.empty() ? Closing::kOtherOrEndOfTurn : Closing::kOther;
  std::vector<Label> labels;
  for (const std::string& text : of.texts) {
    const Closing closing = of.is_whole ? Closing::kEndOfTurn : IsString(text) ? Closing::kQuote : other;
    labels.push_back(LabelOf(before + StemOf(of, text), closing));
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
