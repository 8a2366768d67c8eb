#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace rowmill::grammar {

// The bytes of many tokens as a tree. A node's children lie side by side, ordered by their byte, and whole
// families lie in the order of a depth-first walk, so that a walk that prunes reads little memory.
class TokenTrie {
 public:
  static constexpr std::uint32_t kRoot = 0;
  static constexpr std::int32_t kNoToken = -1;

  struct Node {
    std::uint32_t first_child = 0;
    // The token that ends here, kNoToken, or -2 - i for the i-th list of twins.
    std::int32_t token = kNoToken;
    std::uint16_t child_count = 0;
  };

  struct Entry {
    std::string_view bytes;
    std::uint32_t token;
  };

  TokenTrie() = default;
  explicit TokenTrie(std::vector<Entry> entries);

  [[nodiscard]] const Node& node(std::uint32_t index) const { return nodes_[index]; }
  [[nodiscard]] const Node* nodes() const { return nodes_.data(); }
  // The byte that leads to each node.
  [[nodiscard]] const std::uint8_t* bytes() const { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  // The child by a byte; 0, the root, when there is none.
  [[nodiscard]] std::uint32_t ChildOf(std::uint32_t index, std::uint8_t byte) const;
  // The node of some bytes; -1 when no token begins with them.
  [[nodiscard]] std::int64_t Find(std::span<const std::uint8_t> text) const;

  // The tokens of a node, of which `token` is what it says.
  template <typename Use>
  void ForTokens(std::int32_t token, Use use) const {
    if (token >= 0) {
      use(static_cast<std::uint32_t>(token));
    } else if (token < kNoToken) {
      for (const std::uint32_t twin : twins_[static_cast<std::size_t>(-2 - token)]) {
        use(twin);
      }
    }
  }

  void AddTokens(std::int32_t token, std::uint32_t* mask) const {
    ForTokens(token, [mask](std::uint32_t one) { mask[one >> 5] |= 1U << (one & 31); });
  }

 private:
  std::vector<Node> nodes_;
  std::vector<std::uint8_t> bytes_;
  // Tokens with the same bytes.
  std::vector<std::vector<std::uint32_t>> twins_;
};

}  // namespace rowmill::grammar
