#include "likeness.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace rowmill::grammar {
namespace {

struct Pair {
  std::uint32_t a;
  std::uint32_t b;
};

// Adds where the same character leads; false when one of the two takes a character that the other does not.
bool AddSuccessors(const Automaton& a, const Automaton& b, Pair pair, std::vector<Pair>& next) {
  const auto edges_a = a.EdgesOf(pair.a);
  const auto edges_b = b.EdgesOf(pair.b);
  auto at_a = edges_a.begin();
  auto at_b = edges_b.begin();
  std::uint32_t from = 0;
  while (at_a != edges_a.end() && at_b != edges_b.end()) {
    const std::uint32_t first_a = std::max(at_a->first, from);
    const std::uint32_t first_b = std::max(at_b->first, from);
    if (first_a != first_b) {
      return false;
    }
    const std::uint32_t last = std::min(at_a->last, at_b->last);
    next.push_back({at_a->target, at_b->target});
    from = last + 1;
    at_a += at_a->last == last ? 1 : 0;
    at_b += at_b->last == last ? 1 : 0;
  }
  return at_a == edges_a.end() && at_b == edges_b.end();
}

}  // namespace

Likeness LikenessOf(const Automaton& a, std::uint32_t state_a, const Automaton& b, std::uint32_t state_b,
                    std::uint32_t enough) {
  constexpr std::size_t kMostPairs = 4000;
  std::unordered_set<std::uint64_t> seen;
  std::vector<Pair> layer = {{state_a, state_b}};
  std::vector<Pair> next;
  std::vector<Pair> fresh;
  for (std::uint32_t characters = 0; !layer.empty(); characters++) {
    next.clear();
    for (const Pair& pair : layer) {
      if (!AddSuccessors(a, b, pair, next)) {
        return {.is_equal = false, .characters = characters};
      }
    }
    fresh.clear();
    for (const Pair& pair : next) {
      const bool is_same = &a == &b && pair.a == pair.b;
      if (!is_same && seen.insert(std::uint64_t{pair.a} << 32 | pair.b).second) {
        fresh.push_back(pair);
      }
    }
    if (characters == enough || seen.size() > kMostPairs) {
      return {.is_equal = false, .characters = characters};
    }
    layer.swap(fresh);
  }
  return {.is_equal = true, .characters = 0};
}

}  // namespace rowmill::grammar
