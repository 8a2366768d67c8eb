#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "grammar/automata/automaton.h"
#include "grammar/automata/byte_classes.h"
#include "grammar/automata/string_content.h"
#include "tables.h"

namespace rowmill::grammar {

// A grammar as a network of instructions over bytes. Where the network calls a rule or counts a loop, a stack
// remembers the way on, so nothing is unrolled and recursion has no bound.
struct Instruction {
  enum class Op : std::uint8_t {
    kByte,       // the byte `value`, then `next`
    kSet,        // a byte of sets[a], then `next`
    kString,     // what may stand between the quotes of strings[a], then the closing quote, then `next`
    kSplit,      // any of the `b` instructions from targets[a] on
    kCall,       // rule at `a`; `next` comes after it
    kReturn,     // the end of a rule
    kLoopEnter,  // loops[a], from its first round on
    kLoopEnd,    // the end of a round of loops[a]
    kJump,       // only while compiling
  };
  Op op = Op::kJump;
  std::uint8_t value = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t next = 0;
};

struct ByteSet {
  std::bitset<256> bytes;
  ByteClasses classes;
};

// `least` to `most` rounds.
struct Loop {
  std::uint32_t least;
  std::uint32_t most;
  std::uint32_t body;
  std::uint32_t end;
  std::uint32_t next;
};

// Immutable once made.
class Program {
 public:
  // @throws GrammarError bad tables; a left recursion; nothing can be matched
  explicit Program(std::span<const std::uint32_t> words);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = delete;
  Program& operator=(Program&&) = delete;
  ~Program() = default;

  [[nodiscard]] bool HasTables(std::span<const std::uint32_t> words) const { return tables_.HasWords(words); }
  [[nodiscard]] std::uint32_t start() const { return start_; }
  [[nodiscard]] const Instruction& at(std::uint32_t position) const { return code_[position]; }
  [[nodiscard]] std::uint32_t TargetAt(std::uint32_t index) const { return targets_[index]; }
  [[nodiscard]] const ByteSet& SetAt(std::uint32_t index) const { return sets_[index]; }
  [[nodiscard]] const StringContent& StringAt(std::uint32_t index) const { return strings_[index]; }
  [[nodiscard]] std::size_t string_count() const { return strings_.size(); }
  [[nodiscard]] const Loop& LoopAt(std::uint32_t index) const { return loops_[index]; }
  // The classes of a state that takes this byte alone.
  static const ByteClasses& ClassesOfByte(std::uint8_t byte);
  [[nodiscard]] std::size_t bytes() const;

 private:
  friend class ProgramWriter;

  Tables tables_;
  std::uint32_t start_ = 0;
  std::vector<Instruction> code_;
  std::vector<std::uint32_t> targets_;
  std::vector<ByteSet> sets_;
  std::vector<StringContent> strings_;
  std::vector<Loop> loops_;
};

}  // namespace rowmill::grammar
