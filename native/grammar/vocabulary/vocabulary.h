#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "flat_trie.h"
#include "inside_masks.h"
#include "token_trie.h"

namespace rowmill::grammar {

// One bit a token, 32 a word.
using MaskWords = std::unique_ptr<std::uint32_t[]>;

// A model's tokens as bytes, in the forms that masks are made from. Immutable to its users; thread-safe.
class Vocabulary {
 public:
  static constexpr std::uint32_t kMostTokens = 1U << 24;

  // Token i is bytes[offsets[i]..offsets[i + 1]); one without bytes is never allowed. The end tokens are allowed
  // where a grammar may end and nowhere else.
  // @throws GrammarError offsets or end tokens that lie outside
  Vocabulary(std::span<const std::uint8_t> bytes, std::span<const std::uint32_t> offsets,
             std::span<const std::uint32_t> end_tokens);

  [[nodiscard]] bool Equals(std::span<const std::uint8_t> bytes, std::span<const std::uint32_t> offsets,
                            std::span<const std::uint32_t> end_tokens) const;

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  [[nodiscard]] std::size_t words() const { return (size() + std::size_t{31}) / 32; }
  [[nodiscard]] std::span<const std::uint8_t> BytesOf(std::uint32_t token) const {
    return std::span(bytes_).subspan(offsets_[token], offsets_[token + 1] - offsets_[token]);
  }
  [[nodiscard]] std::span<const std::uint32_t> end_tokens() const { return end_tokens_; }
  [[nodiscard]] bool IsEnd(std::uint32_t token) const { return is_end_[token]; }
  // Bytes of the longest token.
  [[nodiscard]] std::uint32_t longest() const { return longest_; }

  [[nodiscard]] const FlatTrie& flat_trie() const { return flat_trie_; }
  [[nodiscard]] const TokenTrie& trie() const { return trie_; }
  // Of the tokens with a quote in them: the only ones that can close a JSON string.
  [[nodiscard]] const TokenTrie& quote_trie() const { return quote_trie_; }
  // The tokens that stay in a JSON string which may hold anything, begun between two characters, with at most
  // `characters` begun in them.
  [[nodiscard]] const std::uint32_t* InsideString(std::uint32_t characters) const;
  // The same for a string whose content an automaton holds, or after the backslash of an escape.
  [[nodiscard]] InsideMasks& inside_masks() const { return *inside_masks_; }
  // A token that stays inside a JSON string which may hold anything, with the characters that it begins.
  struct Inside {
    std::uint32_t characters;
    std::uint32_t token;
  };
  // Those that begin more characters than given.
  [[nodiscard]] std::span<const Inside> LongerThan(std::uint32_t characters) const;
  // The fewest characters that all but `few` of them stay within.
  [[nodiscard]] std::uint32_t CharactersOfMost(std::size_t few) const {
    return inside_.size() <= few ? 0 : inside_[few].characters;
  }

 private:
  void FindInside();

  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint32_t> offsets_;
  std::vector<std::uint32_t> end_tokens_;
  std::vector<bool> is_end_;
  std::uint32_t longest_ = 0;
  TokenTrie trie_;
  FlatTrie flat_trie_;
  TokenTrie quote_trie_;
  // Tokens inside a string, those with the most characters first.
  std::vector<Inside> inside_;
  std::uint32_t most_characters_ = 0;
  mutable std::mutex mutex_;
  // By the number of characters, made at first use.
  mutable std::vector<MaskWords> owned_;
  mutable std::vector<std::atomic<const std::uint32_t*>> by_characters_;
  std::unique_ptr<InsideMasks> inside_masks_;
};

}  // namespace rowmill::grammar
