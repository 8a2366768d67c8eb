#include "candidate_order.h"

#include <algorithm>

namespace rowmill::engine {

namespace {

constexpr std::size_t kFewCandidates = 24;

bool ComesBefore(const Candidate& a, const Candidate& b) {
  return a.key > b.key;
}

std::uint64_t MedianKey(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  return std::max(std::min(a, b), std::min(std::max(a, b), c));
}

}  // namespace

std::size_t SelectTop(std::span<Candidate> candidates, std::size_t k) {
  const auto kth = candidates.begin() + static_cast<std::ptrdiff_t>(k) - 1;
  std::nth_element(candidates.begin(), kth, candidates.end(), ComesBefore);
  const auto end = std::partition(kth + 1, candidates.end(), [rank = kth->rank()](const Candidate& other) {
    return other.rank() == rank;
  });
  return static_cast<std::size_t>(end - candidates.begin());
}

MassPoint FindAtMass(std::span<Candidate> candidates, double target) {
  std::size_t first = 0;
  std::size_t end = candidates.size();
  double mass = 0;
  while (end - first > kFewCandidates) {
    const std::uint64_t pivot =
        MedianKey(candidates[first].key, candidates[(first + end) / 2].key, candidates[end - 1].key);
    // Keys differ, so the pivot is below at least one of the three and above another: both parts are smaller.
    double part = 0;
    std::size_t split = first;
    for (std::size_t i = first; i < end; i++) {
      // Without a branch: it would be foreseen half of the time.
      const Candidate candidate = candidates[i];
      const bool is_above = candidate.key >= pivot;
      candidates[i] = candidates[split];
      candidates[split] = candidate;
      split += is_above ? 1 : 0;
      part += is_above ? candidate.weight : 0;
    }
    if (mass + part > target) {
      end = split;
    } else {
      mass += part;
      first = split;
    }
  }
  std::sort(candidates.begin() + static_cast<std::ptrdiff_t>(first),
            candidates.begin() + static_cast<std::ptrdiff_t>(end), ComesBefore);
  for (std::size_t i = first; i < end; i++) {
    mass += candidates[i].weight;
    if (mass > target) {
      return {.index = i, .mass = mass};
    }
  }
  return {.index = end - 1, .mass = mass};
}

}  // namespace rowmill::engine
