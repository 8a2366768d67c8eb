#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grammar/automata/automaton.h"

namespace rowmill::grammar {

// A grammar as src/grammar/tables.ts writes it, 32-bit words:
//   kMagic, rules R, root rule, automata A; R word offsets of the rules' nodes, A of the automata.
//   A node, its parts following it: 0 TEXT bytes…, 1 CHARS (first, last)…, 2 SEQ n, 3 CHOICE n, 4 REPEAT least most,
//   5 REF rule, 6 STRING automaton, 7 STRING_LENGTH least most. kNoEnd as `most`: any number.
//   An automaton: states, their offsets from its first word; a state: 0 or 1 for accepting, edges, (first, last,
//   target)… ascending.
struct TableNode {
  enum class Kind : std::uint32_t { kText, kChars, kSeq, kChoice, kRepeat, kRef, kString, kStringLength };
  Kind kind;
  // TEXT: word offset and bytes; CHARS: word offset and ranges; SEQ, CHOICE: parts in `a`; REPEAT, STRING_LENGTH:
  // least and most; REF, STRING: the index in `a`.
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  // One behind the last node of this one's parts.
  std::uint32_t end = 0;
};

inline constexpr std::uint32_t kTablesMagic = 0x31474d52;
inline constexpr std::uint32_t kNoEnd = 0xffffffff;

// The tables, checked: every offset and index in them lies inside.
class Tables {
 public:
  // @throws GrammarError the words are no tables
  explicit Tables(std::span<const std::uint32_t> words);

  [[nodiscard]] bool HasWords(std::span<const std::uint32_t> words) const {
    return std::ranges::equal(words_, words);
  }
  [[nodiscard]] std::uint32_t root() const { return root_; }
  // All rules' nodes, each rule's in prefix order: a node's parts follow it.
  [[nodiscard]] std::span<const TableNode> nodes() const { return nodes_; }
  // Index of each rule's first node.
  [[nodiscard]] std::span<const std::uint32_t> rules() const { return rules_; }
  [[nodiscard]] std::span<const std::shared_ptr<const Automaton>> automata() const { return automata_; }
  [[nodiscard]] std::uint32_t WordAt(std::uint32_t offset) const { return words_[offset]; }
  [[nodiscard]] std::uint8_t ByteAt(std::uint32_t word_offset, std::uint32_t byte) const {
    return static_cast<std::uint8_t>(words_[word_offset + byte / 4] >> (byte % 4 * 8));
  }

 private:
  class Reader;

  std::vector<std::uint32_t> words_;
  std::uint32_t root_ = 0;
  std::vector<TableNode> nodes_;
  std::vector<std::uint32_t> rules_;
  std::vector<std::shared_ptr<const Automaton>> automata_;
};

}  // namespace rowmill::grammar
