// Grammars as the tests write them, and a reference that follows them in the plainest way.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace grammar_test {

struct AutomatonState {
  bool is_accepting = false;
  struct Edge {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t target;
  };
  std::vector<Edge> edges;
};
using TestAutomaton = std::vector<AutomatonState>;

struct Piece {
  enum Kind { kText, kChars, kSeq, kChoice, kRepeat, kRef, kString, kStringLength };
  Kind kind = kSeq;
  std::string text;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  std::vector<Piece> parts;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

struct TestGrammar {
  std::vector<Piece> rules;
  std::vector<TestAutomaton> automata;
  std::uint32_t root = 0;
};

Piece Text(std::string text);
Piece Chars(std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges);
Piece Seq(std::vector<Piece> parts);
Piece Choice(std::vector<Piece> parts);
Piece Repeat(Piece part, std::uint32_t least, std::uint32_t most);
Piece Ref(std::uint32_t rule);
Piece String(std::uint32_t automaton);
Piece StringLength(std::uint32_t least, std::uint32_t most);

// The words of src/grammar/tables.ts.
std::vector<std::uint32_t> TablesOf(const TestGrammar& grammar);

TestGrammar RandomGrammar(std::mt19937& random);
// A text that begins as one of the grammar's does, of at most about `size` bytes; cut anywhere.
std::string RandomText(const TestGrammar& grammar, std::mt19937& random, std::size_t size);

void AppendUtf8(std::uint32_t code_point, std::string& text);

// Follows a grammar through a text by trying everything.
class Reference {
 public:
  explicit Reference(const TestGrammar& grammar);
  struct Verdict {
    // Whether some text of the grammar begins with this one.
    bool is_prefix;
    bool is_whole;
  };
  Verdict Judge(const std::string& text) const;

 private:
  const TestGrammar& grammar_;
  std::vector<bool> is_productive_;
  std::vector<std::vector<bool>> is_alive_;

  bool IsProductive(const Piece& piece) const;
  struct Run;
};

}  // namespace grammar_test
