#include "program.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "grammar/automata/utf8_ranges.h"
#include "grammar/grammar_error.h"
#include "grammar_facts.h"

namespace rowmill::grammar {

using Kind = TableNode::Kind;
using Op = Instruction::Op;

// Gives every node its first instruction and the one that comes after it, from the outside inwards.
class ProgramWriter {
 public:
  explicit ProgramWriter(Program& program)
      : program_(program), tables_(program.tables_), facts_(tables_), entry_(tables_.nodes().size()),
        next_(tables_.nodes().size()) {}

  void Write() {
    const auto rules = tables_.rules();
    const auto nodes = tables_.nodes();
    if (!facts_.IsProductive(rules[tables_.root()])) {
      throw GrammarError("the grammar matches no text at all");
    }
    program_.code_.reserve(nodes.size() * 2 + 16);
    const std::uint32_t end_of_rule = Add({.op = Op::kReturn});
    for (const std::uint32_t rule : rules) {
      entry_[rule] = Add({});
      next_[rule] = end_of_rule;
    }
    for (const std::uint32_t rule : rules) {
      for (std::uint32_t node = rule; node < nodes[rule].end;) {
        node = facts_.IsProductive(node) ? WriteNode(node) : nodes[node].end;
      }
    }
    program_.start_ = entry_[rules[tables_.root()]];
    DropJumps();
  }

 private:
  std::uint32_t Add(Instruction instruction) {
    program_.code_.push_back(instruction);
    return static_cast<std::uint32_t>(program_.code_.size() - 1);
  }

  // Writes what the node does itself. Returns the node to write next.
  std::uint32_t WriteNode(std::uint32_t index) {
    const TableNode& node = tables_.nodes()[index];
    const std::uint32_t entry = entry_[index];
    const std::uint32_t next = next_[index];
    switch (node.kind) {
      case Kind::kText:
        WriteText(node, entry, next);
        break;
      case Kind::kChars:
        WriteChars(node, entry, next);
        break;
      case Kind::kSeq:
        WriteSeq(index, entry, next);
        break;
      case Kind::kChoice:
        WriteChoice(index, entry, next);
        break;
      case Kind::kRepeat:
        return WriteRepeat(index, entry, next);
      case Kind::kRef:
        Set(entry, {.op = Op::kCall, .a = entry_[tables_.rules()[node.a]], .next = next});
        break;
      case Kind::kString:
        WriteString(StringContent(tables_.automata()[node.a]), entry, next);
        break;
      case Kind::kStringLength:
        WriteString(StringContent(node.a, node.b), entry, next);
        break;
    }
    return index + 1;
  }

  void Set(std::uint32_t position, Instruction instruction) { program_.code_[position] = instruction; }

  void WriteText(const TableNode& node, std::uint32_t entry, std::uint32_t next) {
    if (node.b == 0) {
      Set(entry, {.op = Op::kJump, .next = next});
    }
    for (std::uint32_t byte = 0; byte < node.b; byte++) {
      const std::uint32_t after = byte + 1 == node.b ? next : Add({});
      Set(entry, {.op = Op::kByte, .value = tables_.ByteAt(node.a, byte), .next = after});
      entry = after;
    }
  }

  void WriteString(StringContent content, std::uint32_t entry, std::uint32_t next) {
    program_.strings_.push_back(content);
    const auto index = static_cast<std::uint32_t>(program_.strings_.size() - 1);
    const std::uint32_t inside = Add({.op = Op::kString, .a = index, .next = next});
    Set(entry, {.op = Op::kByte, .value = '"', .next = inside});
  }

  void WriteChars(const TableNode& node, std::uint32_t entry, std::uint32_t next) {
    std::bitset<256> ascii;
    std::vector<Utf8Sequence> longer;
    for (std::uint32_t range = 0; range < node.b; range++) {
      const std::uint32_t first = tables_.WordAt(node.a + range * 2);
      const std::uint32_t last = tables_.WordAt(node.a + range * 2 + 1);
      for (std::uint32_t byte = first; byte <= std::min(last, 0x7fU); byte++) {
        ascii.set(byte);
      }
      AddUtf8Sequences(std::max(first, 0x80U), last, longer);
    }
    std::vector<std::uint32_t> options;
    const auto option = [&] { return options.emplace_back(Add({})); };
    if (ascii.any()) {
      Set(option(), {.op = Op::kSet, .a = SetIndex(ascii), .next = next});
    }
    AddTails(longer, 0, next, options);
    WriteSplit(entry, options);
  }

  // Sequences with the same bytes before `at` lie side by side and share the instructions of those bytes.
  void AddTails(std::span<const Utf8Sequence> sequences, std::size_t at, std::uint32_t next,
                std::vector<std::uint32_t>& options) {
    while (!sequences.empty()) {
      const Utf8Sequence& one = sequences.front();
      const auto group = std::ranges::find_if(sequences, [&](const Utf8Sequence& other) {
        return other.first[at] != one.first[at] || other.last[at] != one.last[at] || other.size != one.size;
      });
      const auto count = static_cast<std::size_t>(group - sequences.begin());
      std::uint32_t after = next;
      if (at + 1 < one.size) {
        std::vector<std::uint32_t> tails;
        AddTails(sequences.first(count), at + 1, next, tails);
        after = Add({});
        WriteSplit(after, tails);
      }
      std::bitset<256> set;
      for (std::uint32_t value = one.first[at]; value <= one.last[at]; value++) {
        set.set(value);
      }
      options.push_back(Add({.op = Op::kSet, .a = SetIndex(set), .next = after}));
      sequences = sequences.subspan(count);
    }
  }

  void WriteSplit(std::uint32_t entry, const std::vector<std::uint32_t>& options) {
    if (options.size() == 1) {
      Set(entry, {.op = Op::kJump, .next = options[0]});
      return;
    }
    Set(entry, {.op = Op::kSplit,
                .a = static_cast<std::uint32_t>(program_.targets_.size()),
                .b = static_cast<std::uint32_t>(options.size())});
    program_.targets_.insert(program_.targets_.end(), options.begin(), options.end());
  }

  void WriteSeq(std::uint32_t index, std::uint32_t entry, std::uint32_t next) {
    const auto nodes = tables_.nodes();
    const std::uint32_t end = nodes[index].end;
    if (index + 1 == end) {
      Set(entry, {.op = Op::kJump, .next = next});
    }
    for (std::uint32_t part = index + 1; part < end; part = nodes[part].end) {
      entry_[part] = entry;
      entry = nodes[part].end == end ? next : Add({});
      next_[part] = entry;
    }
  }

  void WriteChoice(std::uint32_t index, std::uint32_t entry, std::uint32_t next) {
    const auto nodes = tables_.nodes();
    std::vector<std::uint32_t> options;
    for (std::uint32_t part = index + 1; part < nodes[index].end; part = nodes[part].end) {
      if (facts_.IsProductive(part)) {
        entry_[part] = options.emplace_back(Add({}));
        next_[part] = next;
      }
    }
    WriteSplit(entry, options);
  }

  std::uint32_t WriteRepeat(std::uint32_t index, std::uint32_t entry, std::uint32_t next) {
    const TableNode& node = tables_.nodes()[index];
    const std::uint32_t body = index + 1;
    // A round of nothing counts as well as any other.
    const std::uint32_t least = facts_.IsNullable(body) ? 0 : node.a;
    const std::uint32_t most = node.b;
    if (most == 0 || !facts_.IsProductive(body)) {
      Set(entry, {.op = Op::kJump, .next = next});
      return node.end;
    }
    if (most == 1) {
      next_[body] = next;
      entry_[body] = least == 1 ? entry : Add({});
      if (least == 0) {
        WriteSplit(entry, {entry_[body], next});
      }
    } else if (most == kNoEnd && least <= 1) {
      // The way back stands at the entry where no round is needed, else behind the body.
      const std::uint32_t again = least == 0 ? entry : Add({});
      entry_[body] = least == 0 ? Add({}) : entry;
      next_[body] = again;
      WriteSplit(again, {entry_[body], next});
    } else {
      WriteLoop(body, {.least = least, .most = most, .body = 0, .end = 0, .next = next}, entry);
    }
    return body;
  }

  void WriteLoop(std::uint32_t body, Loop loop, std::uint32_t entry) {
    constexpr std::uint32_t kMostEmptyRounds = 1000;
    if (facts_.IsNullable(body) && loop.most != kNoEnd && loop.most > kMostEmptyRounds) {
      throw GrammarError("a piece of the grammar that may be empty is repeated more than 1000 times");
    }
    const auto number = static_cast<std::uint32_t>(program_.loops_.size());
    loop.body = entry_[body] = Add({});
    loop.end = next_[body] = Add({.op = Op::kLoopEnd, .a = number});
    Set(entry, {.op = Op::kLoopEnter, .a = number});
    program_.loops_.push_back(loop);
  }

  std::uint32_t SetIndex(const std::bitset<256>& bytes) {
    const auto [found, is_new] =
        set_indexes_.try_emplace(bytes, static_cast<std::uint32_t>(program_.sets_.size()));
    if (is_new) {
      ByteSet set{.bytes = bytes, .classes = {}};
      for (std::size_t byte = 0; byte < 256; byte++) {
        if (bytes[byte]) {
          if (set.classes.count == 1) {
            set.classes.AddClass(static_cast<std::uint8_t>(byte));
          }
          set.classes.of[byte] = 1;
        }
      }
      set.classes.Finish();
      program_.sets_.push_back(set);
    }
    return found->second;
  }

  std::uint32_t Behind(std::uint32_t position) const {
    while (program_.code_[position].op == Op::kJump) {
      position = program_.code_[position].next;
    }
    return position;
  }

  // Left-over jumps belong to what is never reached and point to instruction 0, a return.
  void DropJumps() {
    program_.start_ = Behind(program_.start_);
    for (Instruction& instruction : program_.code_) {
      instruction.next = Behind(instruction.next);
      if (instruction.op == Op::kCall) {
        instruction.a = Behind(instruction.a);
      }
    }
    for (std::uint32_t& target : program_.targets_) {
      target = Behind(target);
    }
    for (Loop& loop : program_.loops_) {
      loop.body = Behind(loop.body);
      loop.next = Behind(loop.next);
    }
  }

  Program& program_;
  const Tables& tables_;
  GrammarFacts facts_;
  std::vector<std::uint32_t> entry_;
  std::vector<std::uint32_t> next_;
  std::unordered_map<std::bitset<256>, std::uint32_t> set_indexes_;
};

Program::Program(std::span<const std::uint32_t> words) : tables_(words) { ProgramWriter(*this).Write(); }

const ByteClasses& Program::ClassesOfByte(std::uint8_t byte) {
  static const auto kAll = [] {
    auto all = std::make_unique<std::array<ByteClasses, 256>>();
    for (std::size_t value = 0; value < 256; value++) {
      ByteClasses& classes = (*all)[value];
      classes.of[value] = classes.AddClass(static_cast<std::uint8_t>(value));
      classes.Finish();
    }
    return all;
  }();
  return (*kAll)[byte];
}

std::size_t Program::bytes() const {
  return code_.capacity() * sizeof(Instruction) + sets_.capacity() * sizeof(ByteSet) +
         strings_.capacity() * sizeof(StringContent) + targets_.capacity() * 4 +
         tables_.nodes().size() * sizeof(TableNode);
}

}  // namespace rowmill::grammar
