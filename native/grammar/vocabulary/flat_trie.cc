#include "flat_trie.h"

#include <algorithm>

#include "grammar/grammar_error.h"

namespace rowmill::grammar {

FlatTrie::FlatTrie(const TokenTrie& trie, std::uint32_t no_token) {
  struct Open {
    std::uint32_t next_child;
    std::uint32_t end_child;
    std::uint32_t flat;
  };
  const auto open = [&](std::uint32_t index, std::uint32_t flat) {
    const TokenTrie::Node& node = trie.node(index);
    return Open{node.first_child, node.first_child + node.child_count, flat};
  };
  nodes_.reserve(trie.size());
  std::vector<Open> path = {open(TokenTrie::kRoot, 0)};
  while (!path.empty()) {
    Open& top = path.back();
    if (top.next_child == top.end_child) {
      if (path.size() > 1) {
        nodes_[top.flat].end = static_cast<std::uint32_t>(nodes_.size());
      }
      path.pop_back();
      continue;
    }
    const std::uint32_t child = top.next_child++;
    if (path.size() > 0xffff) {
      throw GrammarError("a token of the vocabulary has more than 65535 bytes");
    }
    deepest_ = std::max(deepest_, path.size());
    const std::int32_t token = trie.node(child).token;
    nodes_.push_back({.end = 0,
                      .token = token >= 0                     ? static_cast<std::uint32_t>(token)
                               : token == TokenTrie::kNoToken ? no_token
                                                              : kTwins | static_cast<std::uint32_t>(-2 - token),
                      .depth = static_cast<std::uint16_t>(path.size()),
                      .byte = trie.bytes()[child]});
    path.push_back(open(child, static_cast<std::uint32_t>(nodes_.size() - 1)));
  }
}

}  // namespace rowmill::grammar
