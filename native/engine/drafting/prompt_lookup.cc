#include "prompt_lookup.h"

#include <algorithm>
#include <cstddef>

namespace rowmill::engine {
namespace {

// Of how many tokens two places of a text have the same before them.
std::uint32_t CommonBefore(std::span<const std::int32_t> text, std::size_t place, std::uint32_t longest) {
  const std::size_t reach = std::min<std::size_t>(place, longest);
  std::uint32_t common = 0;
  while (common < reach && text[place - 1 - common] == text[text.size() - 1 - common]) {
    common++;
  }
  return common;
}

}  // namespace

Continuation FindContinuation(std::span<const std::int32_t> text, std::uint32_t longest, std::uint32_t most) {
  std::size_t best = 0;
  std::uint32_t matched = 0;
  for (std::size_t place = text.size(); place-- > 1 && matched < longest;) {
    if (const std::uint32_t common = CommonBefore(text, place, longest); common > matched) {
      best = place;
      matched = common;
    }
  }
  if (matched == 0) {
    return {};
  }
  return {.tokens = text.subspan(best, std::min<std::size_t>(most, text.size() - best)), .matched = matched};
}

}  // namespace rowmill::engine
