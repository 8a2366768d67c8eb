#include "string_content.h"

#include <algorithm>

namespace rowmill::grammar {

bool StringContent::IsAccepting(State state) const {
  return automaton_ != nullptr ? automaton_->IsAccepting(static_cast<std::uint32_t>(state)) : LeastOf(state) == 0;
}

bool StringContent::GoesOn(State state) const {
  return automaton_ != nullptr ? !automaton_->EdgesOf(static_cast<std::uint32_t>(state)).empty()
                               : MostOf(state) > 0;
}

StringContent::Cover StringContent::CoverOf(State state, std::uint32_t first, std::uint32_t last) const {
  using enum Cover::Kind;
  if (automaton_ == nullptr) {
    const std::uint32_t least = LeastOf(state);
    const std::uint32_t most = MostOf(state);
    if (most == 0) {
      return {kNone, 0};
    }
    return {kAll, Counts(least == 0 ? 0 : least - 1, most == kNoEnd ? kNoEnd : most - 1)};
  }
  const auto edges = automaton_->EdgesOf(static_cast<std::uint32_t>(state));
  auto edge = std::ranges::partition_point(edges, [&](const auto& one) { return one.last < first; });
  if (edge == edges.end() || edge->first > last) {
    return {kNone, 0};
  }
  const State target = edge->target;
  for (std::uint32_t next = first; edge != edges.end(); ++edge) {
    if (edge->first > next || edge->target != target) {
      return {kSome, 0};
    }
    if (edge->last >= last) {
      return {kAll, target};
    }
    next = edge->last + 1 == kFirstSurrogate ? kLastSurrogate + 1 : edge->last + 1;
  }
  return {kSome, 0};
}

}  // namespace rowmill::grammar
