#pragma once

#include <array>
#include <cstdint>

namespace rowmill::engine {

// Philox4x32-10, a counter-based generator: a bijection of the counter under a key, with no state to keep
// (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC '11).
std::array<std::uint32_t, 4> Philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

// The number that decides over a row's token, in [0, 1) with 53 random bits. It depends on the row's seed and
// the token's position in the row alone, so a row draws the same in any slot, on any worker and after any
// resume.
double UniformAt(std::uint32_t seed, std::uint64_t position);

}  // namespace rowmill::engine
