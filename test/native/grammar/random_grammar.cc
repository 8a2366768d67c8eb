// Random grammars and texts that begin as theirs do.
#include <algorithm>
#include <cstdio>

#include "piece.h"

namespace grammar_test {
namespace {

constexpr std::uint32_t kNoEnd = 0xffffffff;

std::uint32_t Below(std::mt19937& random, std::uint32_t bound) { return random() % bound; }

// Code points at which encodings change, and some plain ones.
constexpr std::uint32_t kEdges[] = {0,      0xa,    0x20,   0x22,   0x2f,   0x41,    0x5c,    0x61,    0x62,     0x7f,
                                    0x80,   0xe9,   0x7ff,  0x800,  0x20ac, 0x3042,  0xd7ff,  0xe000,  0xfffd,   0xffff,
                                    0x10000, 0x103ff, 0x10400, 0x1f600, 0xfffff, 0x100000, 0x10ffff};

std::vector<std::pair<std::uint32_t, std::uint32_t>> RandomRanges(std::mt19937& random) {
  std::vector<std::uint32_t> ends;
  for (std::uint32_t count = 2 * (1 + Below(random, 3)); ends.size() < count;) {
    ends.push_back(Below(random, 3) == 0 ? 0x61 + Below(random, 4) : kEdges[Below(random, std::size(kEdges))]);
  }
  std::ranges::sort(ends);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  for (std::size_t at = 0; at < ends.size(); at += 2) {
    if (ranges.empty() || ends[at] > ranges.back().second) {
      ranges.emplace_back(ends[at], ends[at + 1]);
    }
  }
  return ranges;
}

TestAutomaton RandomAutomaton(std::mt19937& random) {
  TestAutomaton automaton(1 + Below(random, 4));
  const auto state = [&] { return Below(random, static_cast<std::uint32_t>(automaton.size())); };
  const bool is_exclusion = Below(random, 3) == 0;
  for (AutomatonState& one : automaton) {
    one.is_accepting = Below(random, 2) == 0;
    if (is_exclusion) {
      // Every code point leads on: what the keys of additional properties look like.
      const std::uint32_t letter = 0x61 + Below(random, 3);
      const std::uint32_t others = state();
      one.edges = {{0, letter - 1, others}, {letter, letter, state()}, {letter + 1, 0x10ffff, others}};
      continue;
    }
    for (const auto& [first, last] : RandomRanges(random)) {
      one.edges.push_back({first, last, state()});
    }
  }
  return automaton;
}

Piece RandomPiece(std::mt19937& random, std::uint32_t depth, std::uint32_t rules, std::uint32_t automata) {
  const std::uint32_t choice = Below(random, depth == 0 ? 6 : 12);
  switch (choice) {
    case 0:
    case 1: {
      static const char* const kTexts[] = {"a", "b", "ab", "\"", "{\"a\": ", "\xc3\xa9", "", "null", ", "};
      return Text(kTexts[Below(random, std::size(kTexts))]);
    }
    case 2:
      return Chars(RandomRanges(random));
    case 3:
      return String(Below(random, automata));
    case 4: {
      const std::uint32_t least = Below(random, 3) == 0 ? Below(random, 30) : Below(random, 3);
      return StringLength(least, Below(random, 3) == 0 ? kNoEnd : least + Below(random, 20));
    }
    case 5:
      return Seq({Text("x"), Ref(Below(random, rules))});
    case 6:
      return Ref(Below(random, rules));
    case 7:
    case 8: {
      const std::uint32_t least = Below(random, 4) == 0 ? Below(random, 25) : Below(random, 3);
      const std::uint32_t most = Below(random, 3) == 0 ? kNoEnd : least + Below(random, 2) * Below(random, 25);
      return Repeat(RandomPiece(random, depth - 1, rules, automata), least, most);
    }
    default: {
      std::vector<Piece> parts;
      for (std::uint32_t count = Below(random, 4); parts.size() < count;) {
        parts.push_back(RandomPiece(random, depth - 1, rules, automata));
      }
      return choice == 9 ? Seq(std::move(parts)) : Choice(std::move(parts));
    }
  }
}

// Writes texts of a grammar until there is enough.
class TextWriter {
 public:
  TextWriter(const TestGrammar& grammar, std::mt19937& random, std::size_t size)
      : grammar_(grammar), random_(random), size_(size) {}

  std::string Write() {
    Add(grammar_.rules[grammar_.root], 0);
    return std::move(text_);
  }

 private:
  void Add(const Piece& piece, std::uint32_t depth) {
    if (text_.size() >= size_ || depth > 40 || ++steps_ > 2000) {
      return;
    }
    switch (piece.kind) {
      case Piece::kText:
        text_ += piece.text;
        break;
      case Piece::kChars:
        if (!piece.ranges.empty()) {
          AppendUtf8(AnyOf(piece.ranges[Below(random_, static_cast<std::uint32_t>(piece.ranges.size()))]), text_);
        }
        break;
      case Piece::kSeq:
        for (const Piece& part : piece.parts) {
          Add(part, depth + 1);
        }
        break;
      case Piece::kChoice:
        if (!piece.parts.empty()) {
          Add(piece.parts[Below(random_, static_cast<std::uint32_t>(piece.parts.size()))], depth + 1);
        }
        break;
      case Piece::kRepeat: {
        const std::uint32_t more = piece.b == kNoEnd ? 4 : piece.b - piece.a;
        for (std::uint32_t round = piece.a + Below(random_, more + 1); round > 0; round--) {
          Add(piece.parts[0], depth + 1);
        }
        break;
      }
      case Piece::kRef:
        Add(grammar_.rules[piece.a], depth + 1);
        break;
      case Piece::kString:
        AddString(grammar_.automata[piece.a]);
        break;
      case Piece::kStringLength: {
        text_ += '"';
        const std::uint32_t more = piece.b == kNoEnd ? 4 : piece.b - piece.a;
        for (std::uint32_t left = piece.a + Below(random_, more + 1); left > 0; left--) {
          AddCharacter(kEdges[Below(random_, std::size(kEdges))]);
        }
        text_ += '"';
        break;
      }
    }
  }

  std::uint32_t AnyOf(std::pair<std::uint32_t, std::uint32_t> range) {
    const std::uint32_t pick = Below(random_, 3);
    return pick == 0 ? range.first : pick == 1 ? range.second
                                               : range.first + Below(random_, range.second - range.first + 1);
  }

  void AddString(const TestAutomaton& automaton) {
    text_ += '"';
    const AutomatonState* state = &automaton[0];
    for (int left = 12; left > 0 && !state->edges.empty() && !(state->is_accepting && Below(random_, 4) == 0); left--) {
      const auto& edge = state->edges[Below(random_, static_cast<std::uint32_t>(state->edges.size()))];
      AddCharacter(AnyOf({edge.first, edge.last}));
      state = &automaton[edge.target];
    }
    text_ += '"';
  }

  void AddCharacter(std::uint32_t code_point) {
    const bool must_escape = code_point < 0x20 || code_point == '"' || code_point == '\\';
    // Printable ASCII is hardly ever escaped here, since no grammar takes that.
    const bool is_plain = !must_escape && code_point < 0x7f;
    if (!must_escape && Below(random_, is_plain ? 16 : 4) > 0) {
      AppendUtf8(code_point, text_);
      return;
    }
    if (code_point == '"' || code_point == '\\' || code_point == '/') {
      text_ += '\\';
      text_ += static_cast<char>(code_point);
      return;
    }
    char escape[16];
    const char* format = Below(random_, 2) == 0 ? "\\u%04x" : "\\u%04X";
    if (code_point >= 0x10000) {
      std::snprintf(escape, sizeof escape, format, 0xd800 + ((code_point - 0x10000) >> 10));
      text_ += escape;
      code_point = 0xdc00 + (code_point & 0x3ff);
    }
    std::snprintf(escape, sizeof escape, format, code_point);
    text_ += escape;
  }

  const TestGrammar& grammar_;
  std::mt19937& random_;
  std::size_t size_;
  int steps_ = 0;
  std::string text_;
};

}  // namespace

TestGrammar RandomGrammar(std::mt19937& random) {
  TestGrammar grammar;
  const std::uint32_t rules = 1 + Below(random, 4);
  const std::uint32_t automata = 1 + Below(random, 3);
  while (grammar.automata.size() < automata) {
    grammar.automata.push_back(RandomAutomaton(random));
  }
  while (grammar.rules.size() < rules) {
    grammar.rules.push_back(RandomPiece(random, 4, rules, automata));
  }
  return grammar;
}

std::string RandomText(const TestGrammar& grammar, std::mt19937& random, std::size_t size) {
  return TextWriter(grammar, random, size).Write();
}

}  // namespace grammar_test
