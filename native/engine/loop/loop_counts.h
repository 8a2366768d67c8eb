#pragma once

#include <cstdint>

namespace rowmill::engine {

// Of a loop, since it was made.
struct LoopCounts {
  std::uint64_t steps = 0;
  // Of prefix, row and suffix of the rows whose prompt has been read.
  std::uint64_t input_tokens = 0;
  // Of those, not computed for the row itself.
  std::uint64_t shared_tokens = 0;
  std::uint64_t output_tokens = 0;
  // Of those, the only ones that the grammar allowed: not sampled.
  std::uint64_t forced_tokens = 0;
  // Tokens of drafts, and those of them that the output had.
  std::uint64_t drafted_tokens = 0;
  std::uint64_t accepted_tokens = 0;
  // Chosen within llama.cpp's graph, those that end a text among them.
  std::uint64_t graph_tokens = 0;
  // All that llama.cpp computed.
  std::uint64_t computed_tokens = 0;
  double decode_ms = 0;
  double total_ms = 0;
};

}  // namespace rowmill::engine
