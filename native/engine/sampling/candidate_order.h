#pragma once

#include <cstddef>
#include <span>

#include "kernels.h"

namespace rowmill::engine {

// Answers questions about the descending order of candidates without sorting them all. Their places change.

// Moves the candidates that are not below the k-th to the front: k, or more where others equal the k-th.
// @param k from 1 to the number of candidates
// @returns how many
std::size_t SelectTop(std::span<Candidate> candidates, std::size_t k);

struct MassPoint {
  std::size_t index = 0;
  // Of the candidates up to this one, itself included.
  double mass = 0;
};

// The first candidate in descending order with which the sum of weights exceeds `target`, or else the last.
// All that come before it in that order lie before it afterwards. Takes time linear in the candidates on
// average: it splits them as quickselect does and follows the part in which the sum is reached.
// @param candidates at least one
MassPoint FindAtMass(std::span<Candidate> candidates, double target);

}  // namespace rowmill::engine
