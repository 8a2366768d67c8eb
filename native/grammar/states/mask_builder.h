#pragma once

#include <cstdint>
#include <vector>

#include "state_space.h"

namespace rowmill::grammar {

// Finds which tokens may come next in a state. Strings make the largest masks, so they are put together from what
// is known beforehand: which tokens stay inside a string depends on the string alone, and only the few tokens
// with a quote in them can leave it. Everything else is a walk of the vocabulary's tree that ends where the
// grammar does. Used under the space's lock.
class MaskBuilder {
 public:
  explicit MaskBuilder(StateSpace& space) : space_(space) {}

  MaskWords Build(State* state);

 private:
  // The state's configurations: those within a string whose inner tokens are known, and the others.
  struct Parts {
    std::vector<Config> strings;
    std::vector<InsideMasks::Mask> inside;
    std::vector<Config> others;
  };

  Parts Split(const State& state);
  // The tokens that stay inside the string of a configuration; nullptr where a walk finds them as quickly.
  InsideMasks::Mask InsideOf(const Config& config);
  // Sets the bits of the tokens that may follow a state.
  void AddReached(const TokenTrie& trie, State* start, std::uint32_t* mask);

  StateSpace& space_;
};

}  // namespace rowmill::grammar
