#include "json_place.h"

#include <algorithm>

namespace rowmill::engine {
namespace {

// Goes over JSON text; behind its end it stays there.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] bool IsOver() const { return at_ >= text_.size(); }
  [[nodiscard]] bool IsAt(std::string_view any) const {
    return !IsOver() && any.find(text_[at_]) != std::string_view::npos;
  }

  void SkipSpace() {
    while (IsAt(" \t\n\r")) {
      at_++;
    }
  }
  // Whether the character was there.
  bool Skip(char character) {
    if (!IsAt({&character, 1})) {
      return false;
    }
    at_++;
    return true;
  }
  std::string_view TakeString() {
    const std::size_t begin = at_++;
    while (!IsOver() && text_[at_] != '"') {
      at_ += text_[at_] == '\\' ? 2 : 1;
    }
    at_ = std::min(at_ + 1, text_.size());
    return text_.substr(begin, at_ - begin);
  }
  void SkipValue() {
    std::size_t depth = 0;
    while (!IsOver() && (depth > 0 || !IsAt(",}]"))) {
      if (IsAt("\"")) {
        TakeString();
        continue;
      }
      depth += IsAt("{[") ? 1 : 0;
      depth -= IsAt("}]") ? 1 : 0;
      at_++;
    }
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Goes to the value of a member of the object ahead.
bool GoToMember(Reader& reader, const std::vector<std::string>& names) {
  reader.SkipSpace();
  if (!reader.Skip('{')) {
    return false;
  }
  do {
    reader.SkipSpace();
    if (!reader.IsAt("\"")) {
      return false;
    }
    const std::string_view name = reader.TakeString();
    reader.SkipSpace();
    if (!reader.Skip(':')) {
      return false;
    }
    reader.SkipSpace();
    if (std::ranges::find(names, name) != names.end()) {
      return true;
    }
    reader.SkipValue();
  } while (reader.Skip(','));
  return false;
}

}  // namespace

std::optional<std::size_t> FindJsonValue(std::string_view json, std::span<const std::vector<std::string>> path) {
  Reader reader(json);
  for (const std::vector<std::string>& names : path) {
    if (!GoToMember(reader, names)) {
      return std::nullopt;
    }
  }
  reader.SkipSpace();
  return reader.IsOver() ? std::nullopt : std::optional(reader.at());
}

}  // namespace rowmill::engine
