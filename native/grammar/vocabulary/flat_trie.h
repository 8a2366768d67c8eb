#pragma once

#include <cstdint>
#include <vector>

#include "token_trie.h"

namespace rowmill::grammar {

// A vocabulary's tree as one array in the order of a depth-first walk, each node with the end of its subtree: what a
// walk that reaches much of it reads from front to back, without a stack of nodes.
class FlatTrie {
 public:
  struct Node {
    // One behind the last node below this one.
    std::uint32_t end;
    // The token that ends here; kTwins and more: see TokenTrie::Node; the `no_token` of the constructor where none does.
    std::uint32_t token;
    std::uint16_t depth;
    std::uint8_t byte;
  };
  static constexpr std::uint32_t kTwins = 0x80000000;

  FlatTrie() = default;
  // `no_token` is a token beyond the vocabulary whose bit nobody reads, so that a walk need not ask.
  FlatTrie(const TokenTrie& trie, std::uint32_t no_token);

  // Without the root.
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] std::size_t deepest() const { return deepest_; }

 private:
  std::vector<Node> nodes_;
  std::size_t deepest_ = 0;
};

}  // namespace rowmill::grammar
