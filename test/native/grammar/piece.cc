#include "piece.h"

namespace grammar_test {

Piece Text(std::string text) {
  Piece piece;
  piece.kind = Piece::kText;
  piece.text = std::move(text);
  return piece;
}
Piece Chars(std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges) {
  Piece piece;
  piece.kind = Piece::kChars;
  piece.ranges = std::move(ranges);
  return piece;
}
Piece Seq(std::vector<Piece> parts) {
  Piece piece;
  piece.kind = Piece::kSeq;
  piece.parts = std::move(parts);
  return piece;
}
Piece Choice(std::vector<Piece> parts) {
  Piece piece = Seq(std::move(parts));
  piece.kind = Piece::kChoice;
  return piece;
}
Piece Repeat(Piece part, std::uint32_t least, std::uint32_t most) {
  Piece piece = Seq({std::move(part)});
  piece.kind = Piece::kRepeat;
  piece.a = least;
  piece.b = most;
  return piece;
}
Piece Ref(std::uint32_t rule) {
  Piece piece;
  piece.kind = Piece::kRef;
  piece.a = rule;
  return piece;
}
Piece String(std::uint32_t automaton) {
  Piece piece = Ref(automaton);
  piece.kind = Piece::kString;
  return piece;
}
Piece StringLength(std::uint32_t least, std::uint32_t most) {
  Piece piece;
  piece.kind = Piece::kStringLength;
  piece.a = least;
  piece.b = most;
  return piece;
}

namespace {

using Words = std::vector<std::uint32_t>;

void Write(const Piece& piece, Words& words) {
  words.push_back(piece.kind);
  switch (piece.kind) {
    case Piece::kText:
      words.push_back(static_cast<std::uint32_t>(piece.text.size()));
      for (std::size_t at = 0; at < piece.text.size(); at++) {
        if (at % 4 == 0) {
          words.push_back(0);
        }
        words.back() |= std::uint32_t{static_cast<std::uint8_t>(piece.text[at])} << (at % 4 * 8);
      }
      break;
    case Piece::kChars:
      words.push_back(static_cast<std::uint32_t>(piece.ranges.size()));
      for (const auto& [first, last] : piece.ranges) {
        words.insert(words.end(), {first, last});
      }
      break;
    case Piece::kSeq:
    case Piece::kChoice:
      words.push_back(static_cast<std::uint32_t>(piece.parts.size()));
      break;
    case Piece::kRepeat:
    case Piece::kStringLength:
      words.insert(words.end(), {piece.a, piece.b});
      break;
    case Piece::kRef:
    case Piece::kString:
      words.push_back(piece.a);
      break;
  }
  for (const Piece& part : piece.parts) {
    Write(part, words);
  }
}

}  // namespace

std::vector<std::uint32_t> TablesOf(const TestGrammar& grammar) {
  Words words = {0x31474d52, static_cast<std::uint32_t>(grammar.rules.size()), grammar.root,
                 static_cast<std::uint32_t>(grammar.automata.size())};
  std::size_t slot = words.size();
  words.resize(slot + grammar.rules.size() + grammar.automata.size());
  for (const Piece& rule : grammar.rules) {
    words[slot++] = static_cast<std::uint32_t>(words.size());
    Write(rule, words);
  }
  for (const TestAutomaton& automaton : grammar.automata) {
    const auto start = static_cast<std::uint32_t>(words.size());
    words[slot++] = start;
    words.push_back(static_cast<std::uint32_t>(automaton.size()));
    words.resize(words.size() + automaton.size());
    for (std::size_t state = 0; state < automaton.size(); state++) {
      words[start + 1 + state] = static_cast<std::uint32_t>(words.size()) - start;
      words.push_back(automaton[state].is_accepting ? 1 : 0);
      words.push_back(static_cast<std::uint32_t>(automaton[state].edges.size()));
      for (const auto& edge : automaton[state].edges) {
        words.insert(words.end(), {edge.first, edge.last, edge.target});
      }
    }
  }
  return words;
}

void AppendUtf8(std::uint32_t code_point, std::string& text) {
  const auto add = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xc0 | code_point >> 6);
    add(0x80 | (code_point & 63));
  } else if (code_point < 0x10000) {
    add(0xe0 | code_point >> 12);
    add(0x80 | (code_point >> 6 & 63));
    add(0x80 | (code_point & 63));
  } else {
    add(0xf0 | code_point >> 18);
    add(0x80 | (code_point >> 12 & 63));
    add(0x80 | (code_point >> 6 & 63));
    add(0x80 | (code_point & 63));
  }
}

}  // namespace grammar_test
