#include "stop_strings.h"

#include <algorithm>
#include <utility>

namespace rowmill::engine {

StopStrings::StopStrings(std::vector<std::string> texts) : texts_(std::move(texts)) {
  for (const std::string& text : texts_) {
    longest_ = std::max(longest_, text.size());
  }
}

bool StopStrings::Cut(std::string& output, std::size_t new_bytes) const {
  if (longest_ == 0) {
    return false;
  }
  const std::size_t fresh = new_bytes + longest_ - 1;
  const std::size_t from = output.size() > fresh ? output.size() - fresh : 0;
  std::size_t first = std::string::npos;
  for (const std::string& text : texts_) {
    first = std::min(first, text.empty() ? std::string::npos : output.find(text, from));
  }
  if (first == std::string::npos) {
    return false;
  }
  output.resize(first);
  return true;
}

}  // namespace rowmill::engine
