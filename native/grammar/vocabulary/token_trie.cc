#include "token_trie.h"

#include <algorithm>

namespace rowmill::grammar {

TokenTrie::TokenTrie(std::vector<Entry> entries) {
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return a.bytes != b.bytes ? a.bytes < b.bytes : a.token < b.token;
  });
  struct Span {
    std::size_t first;
    std::size_t last;
    std::size_t depth;
    std::uint32_t node;
  };
  nodes_.emplace_back();
  bytes_.push_back(0);
  std::vector<Span> work = {{0, entries.size(), 0, kRoot}};
  while (!work.empty()) {
    auto [first, last, depth, node] = work.back();
    work.pop_back();
    std::size_t same = first;
    while (same < last && entries[same].bytes.size() == depth) {
      same++;
    }
    if (depth > 0 && same - first == 1) {
      nodes_[node].token = static_cast<std::int32_t>(entries[first].token);
    } else if (depth > 0 && same > first) {
      nodes_[node].token = -2 - static_cast<std::int32_t>(twins_.size());
      auto& list = twins_.emplace_back();
      for (std::size_t i = first; i < same; i++) {
        list.push_back(entries[i].token);
      }
    }
    first = same;
    nodes_[node].first_child = static_cast<std::uint32_t>(nodes_.size());
    const std::size_t before = work.size();
    while (first < last) {
      const char byte = entries[first].bytes[depth];
      std::size_t end = first;
      while (end < last && entries[end].bytes[depth] == byte) {
        end++;
      }
      work.push_back({first, end, depth + 1, static_cast<std::uint32_t>(nodes_.size())});
      nodes_.emplace_back();
      bytes_.push_back(static_cast<std::uint8_t>(byte));
      nodes_[node].child_count++;
      first = end;
    }
    std::reverse(work.begin() + static_cast<std::ptrdiff_t>(before), work.end());
  }
}

std::uint32_t TokenTrie::ChildOf(std::uint32_t index, std::uint8_t byte) const {
  const Node& node = nodes_[index];
  const auto first = bytes_.begin() + node.first_child;
  const auto last = first + node.child_count;
  const auto found = std::lower_bound(first, last, byte);
  return found != last && *found == byte ? static_cast<std::uint32_t>(found - bytes_.begin()) : kRoot;
}

std::int64_t TokenTrie::Find(std::span<const std::uint8_t> text) const {
  if (nodes_.empty()) {
    return -1;
  }
  std::uint32_t node = kRoot;
  for (const std::uint8_t byte : text) {
    node = ChildOf(node, byte);
    if (node == kRoot) {
      return -1;
    }
  }
  return node;
}

}  // namespace rowmill::grammar
