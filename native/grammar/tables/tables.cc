#include "tables.h"

#include <string>

#include "grammar/grammar_error.h"

namespace rowmill::grammar {
namespace {

void Require(bool holds, const char* what) {
  if (!holds) {
    throw GrammarError(std::string("bad tables of a grammar: ") + what);
  }
}

}  // namespace

// Reads one rule's nodes without recursion: how deep they nest is the writer's affair.
class Tables::Reader {
 public:
  Reader(const std::vector<std::uint32_t>& words, std::uint32_t rule_count, std::uint32_t automaton_count,
         std::vector<TableNode>& nodes)
      : words_(words), rule_count_(rule_count), automaton_count_(automaton_count), nodes_(nodes) {}

  void ReadRule(std::uint32_t offset) {
    at_ = offset;
    open_.clear();
    do {
      const std::uint32_t parts = ReadNode();
      if (parts > 0) {
        open_.push_back({static_cast<std::uint32_t>(nodes_.size() - 1), parts});
        continue;
      }
      nodes_.back().end = static_cast<std::uint32_t>(nodes_.size());
      while (!open_.empty() && --open_.back().parts == 0) {
        nodes_[open_.back().node].end = static_cast<std::uint32_t>(nodes_.size());
        open_.pop_back();
      }
    } while (!open_.empty());
  }

 private:
  struct Open {
    std::uint32_t node;
    std::uint32_t parts;
  };

  std::uint32_t Word() {
    Require(at_ < words_.size(), "they end too early");
    return words_[at_++];
  }

  std::uint32_t Skip(std::size_t count) {
    Require(words_.size() - at_ >= count, "they end too early");
    const auto first = static_cast<std::uint32_t>(at_);
    at_ += count;
    return first;
  }

  // Returns how many parts follow.
  std::uint32_t ReadNode() {
    // Rules that share their words would make more nodes than there are words.
    Require(nodes_.size() < words_.size(), "rules overlap");
    const std::uint32_t kind = Word();
    Require(kind <= static_cast<std::uint32_t>(TableNode::Kind::kStringLength), "a node of unknown kind");
    TableNode node{.kind = static_cast<TableNode::Kind>(kind)};
    std::uint32_t parts = 0;
    switch (node.kind) {
      case TableNode::Kind::kText:
        node.b = Word();
        node.a = Skip((node.b + std::size_t{3}) / 4);
        break;
      case TableNode::Kind::kChars:
        node.b = Word();
        node.a = Skip(node.b * std::size_t{2});
        CheckRanges(node);
        break;
      case TableNode::Kind::kSeq:
      case TableNode::Kind::kChoice:
        node.a = parts = Word();
        break;
      case TableNode::Kind::kRepeat:
        node.a = Word();
        node.b = Word();
        parts = 1;
        break;
      case TableNode::Kind::kRef:
        node.a = Word();
        Require(node.a < rule_count_, "a reference leads nowhere");
        break;
      case TableNode::Kind::kString:
        node.a = Word();
        Require(node.a < automaton_count_, "a string has no automaton");
        break;
      case TableNode::Kind::kStringLength:
        node.a = Word();
        node.b = Word();
        break;
    }
    nodes_.push_back(node);
    return parts;
  }

  void CheckRanges(const TableNode& node) const {
    std::uint32_t least = 0;
    for (std::uint32_t range = 0; range < node.b; range++) {
      const std::uint32_t first = words_[node.a + range * 2];
      const std::uint32_t last = words_[node.a + range * 2 + 1];
      Require(first >= least && last >= first && last <= kLastCodePoint, "ranges are not in order");
      least = last + 1;
    }
  }

  const std::vector<std::uint32_t>& words_;
  std::uint32_t rule_count_;
  std::uint32_t automaton_count_;
  std::vector<TableNode>& nodes_;
  std::size_t at_ = 0;
  std::vector<Open> open_;
};

Tables::Tables(std::span<const std::uint32_t> words) : words_(words.begin(), words.end()) {
  Require(words.size() >= 4 && words[0] == kTablesMagic, "they don't begin as tables do");
  Require(words.size() < (std::size_t{1} << 28), "they are larger than 1 GB");
  const std::uint32_t rule_count = words[1];
  root_ = words[2];
  const std::uint32_t automaton_count = words[3];
  Require(root_ < rule_count, "there is no root rule");
  Require(words.size() - 4 >= std::size_t{rule_count} + automaton_count, "they end too early");
  Reader reader(words_, rule_count, automaton_count, nodes_);
  nodes_.reserve(words.size() / 2);
  for (std::uint32_t rule = 0; rule < rule_count; rule++) {
    rules_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    Require(words[4 + rule] < words.size(), "a rule lies outside");
    reader.ReadRule(words[4 + rule]);
  }
  automata_.reserve(automaton_count);
  std::size_t total = 0;
  for (std::uint32_t automaton = 0; automaton < automaton_count; automaton++) {
    const std::uint32_t offset = words[4 + rule_count + automaton];
    Require(offset < words.size(), "an automaton lies outside");
    automata_.push_back(ShareAutomaton(Automaton(words.subspan(offset))));
    total += automata_.back()->size();
    Require(total <= words.size(), "automata overlap");
  }
}

}  // namespace rowmill::grammar
