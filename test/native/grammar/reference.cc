// The reference: which texts are a grammar's, found by trying every way through it.
#include <cctype>
#include <cstdio>
#include <map>
#include <set>
#include <unordered_map>

#include "piece.h"

namespace grammar_test {
namespace {

constexpr std::uint32_t kNoEnd = 0xffffffff;
using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// Printable ASCII that needs no escape, and so has none.
bool IsPlain(std::int64_t code_point) {
  return code_point >= 0x20 && code_point <= 0x7e && code_point != '"' && code_point != '\\';
}

// All ways to write all characters within a JSON string: what each beginning of such a way can still become.
class Spellings {
 public:
  Spellings() {
    for (std::uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
      if (code_point >= 0xd800 && code_point <= 0xdfff) {
        continue;
      }
      if (code_point >= 0x20 && code_point != '"' && code_point != '\\') {
        std::string text;
        AppendUtf8(code_point, text);
        Add(text, code_point);
      }
      if (IsPlain(code_point)) {
        continue;
      }
      char escape[16];
      if (code_point < 0x10000) {
        std::snprintf(escape, sizeof escape, "\\u%04x", code_point);
      } else {
        std::snprintf(escape, sizeof escape, "\\u%04x\\u%04x", 0xd800 + ((code_point - 0x10000) >> 10),
                      0xdc00 + (code_point & 0x3ff));
      }
      Add(escape, code_point);
    }
    const std::pair<const char*, std::uint32_t> short_ones[] = {
        {"\\\"", '"'}, {"\\\\", '\\'}, {"\\b", 8}, {"\\f", 12}, {"\\n", 10}, {"\\r", 13}, {"\\t", 9}};
    for (const auto& [text, code_point] : short_ones) {
      Add(text, code_point);
    }
  }

  // What a text that is only the beginning of a way to write a character can become; none when it is none.
  const Ranges& Beginning(const std::string& text) const {
    static const Ranges none;
    const auto found = beginnings_.find(text);
    return found == beginnings_.end() ? none : found->second;
  }
 private:
  void Add(const std::string& text, std::uint32_t code_point) {
    for (std::size_t size = 1; size < text.size(); size++) {
      Ranges& ranges = RangesOf(text, size);
      if (!ranges.empty() && ranges.back().second + 1 == code_point) {
        ranges.back().second = code_point;
      } else if (ranges.empty() || ranges.back().second < code_point) {
        ranges.emplace_back(code_point, code_point);
      } else {
        ranges.insert(ranges.begin(), {code_point, code_point});
      }
    }
  }

  Ranges& RangesOf(const std::string& text, std::size_t size) {
    Last& last = last_[text[0] == '\\' ? 1 : 0][size];
    if (last.ranges == nullptr || text.compare(0, size, last.text) != 0) {
      last.text = text.substr(0, size);
      last.ranges = &beginnings_[last.text];
    }
    return *last.ranges;
  }

  struct Last {
    std::string text;
    Ranges* ranges = nullptr;
  };
  Last last_[2][16];
  std::unordered_map<std::string, Ranges> beginnings_;
};

const Spellings& AllSpellings() {
  static const Spellings spellings;
  return spellings;
}

// The code point that \\uXXXX at a place writes, or -1.
std::int64_t UnitAt(const std::string& text, std::size_t at) {
  if (text.compare(at, 2, "\\u") != 0 || text.size() < at + 6) {
    return -1;
  }
  std::int64_t unit = 0;
  for (std::size_t digit = at + 2; digit < at + 6; digit++) {
    if (std::isxdigit(static_cast<unsigned char>(text[digit])) == 0) {
      return -1;
    }
    unit = unit * 16 + std::stoi(text.substr(digit, 1), nullptr, 16);
  }
  return unit;
}

// The character that a text writes within a JSON string, or -1.
std::int64_t WholeCharacter(const std::string& text) {
  if (text[0] != '\\') {
    for (std::uint32_t code_point = 0x20; code_point < 0x80 && text.size() == 1; code_point++) {
      if (text[0] == static_cast<char>(code_point)) {
        return code_point == '"' ? -1 : std::int64_t{code_point};
      }
    }
    std::uint32_t code_point = text.size() == 2 ? text[0] & 0x1f : text.size() == 3 ? text[0] & 0xf : text[0] & 7;
    for (std::size_t byte = 1; byte < text.size(); byte++) {
      code_point = code_point << 6 | (static_cast<unsigned char>(text[byte]) & 63U);
    }
    std::string written;
    AppendUtf8(code_point, written);
    const bool is_character = code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
    return is_character && code_point >= 0x80 && written == text ? std::int64_t{code_point} : -1;
  }
  if (text.size() == 2) {
    const std::string letters = "\"\\bfnrt";
    const std::size_t found = letters.find(text[1]);
    return found == std::string::npos ? -1 : std::int64_t{"\"\\\b\f\n\r\t"[found]};
  }
  const std::int64_t unit = UnitAt(text, 0);
  if (text.size() == 6) {
    return (unit >= 0xd800 && unit <= 0xdfff) || IsPlain(unit) ? -1 : unit;
  }
  const std::int64_t low = text.size() == 12 ? UnitAt(text, 6) : -1;
  const bool is_pair = unit >= 0xd800 && unit <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
  return is_pair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : -1;
}

// Hexadecimal digits in lower case, so that the table holds one spelling of each.
std::string Lower(std::string text) {
  if (text.size() > 2 && text[0] == '\\' && text[1] == 'u') {
    for (std::size_t at = 2; at < text.size(); at++) {
      if (!(at == 7 && text[at] == 'U')) {
        text[at] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[at])));
      }
    }
  }
  return text;
}

}  // namespace

struct Reference::Run {
  const Reference& reference;
  const std::string& text;
  bool reaches_end = false;
  std::map<std::pair<const Piece*, std::size_t>, std::set<std::size_t>> known;

  using Ends = std::set<std::size_t>;

  // Where a piece that begins at a place may end. Notes when it could go on beyond the text.
  Ends Match(const Piece& piece, std::size_t at) {
    if (!reference.IsProductive(piece)) {
      return {};
    }
    if (const auto found = known.find({&piece, at}); found != known.end()) {
      return found->second;
    }
    Ends ends = Find(piece, at);
    known[{&piece, at}] = ends;
    return ends;
  }

  Ends Find(const Piece& piece, std::size_t at) {
    switch (piece.kind) {
      case Piece::kText:
        return Spell(piece.text, at);
      case Piece::kChars:
        return Character(piece, at);
      case Piece::kSeq: {
        Ends ends = {at};
        for (const Piece& part : piece.parts) {
          ends = After(part, ends);
        }
        return ends;
      }
      case Piece::kChoice: {
        Ends ends;
        for (const Piece& part : piece.parts) {
          ends.merge(Match(part, at));
        }
        return ends;
      }
      case Piece::kRepeat:
        return Rounds(piece, at);
      case Piece::kRef:
        return Match(reference.grammar_.rules[piece.a], at);
      case Piece::kString:
        return AutomatonString(piece.a, at);
      case Piece::kStringLength:
        return CountedString(piece, at);
    }
    return {};
  }

  Ends After(const Piece& part, const Ends& begins) {
    Ends ends;
    for (const std::size_t begin : begins) {
      ends.merge(Match(part, begin));
    }
    return ends;
  }

  Ends Rounds(const Piece& piece, std::size_t at) {
    Ends ends;
    Ends present = {at};
    if (piece.a == 0) {
      ends = present;
    }
    // More rounds than bytes bring nothing new, save that the fewest must be there.
    const std::uint32_t enough = piece.a + static_cast<std::uint32_t>(text.size()) + 1;
    for (std::uint32_t round = 1; round <= std::min(piece.b, enough) && !present.empty(); round++) {
      present = After(piece.parts[0], present);
      if (round >= piece.a) {
        ends.insert(present.begin(), present.end());
      }
    }
    return ends;
  }

  Ends Spell(const std::string& expected, std::size_t at) {
    const std::size_t size = std::min(expected.size(), text.size() - at);
    if (text.compare(at, size, expected, 0, size) != 0) {
      return {};
    }
    if (size < expected.size()) {
      reaches_end = true;
      return {};
    }
    return {at + size};
  }

  Ends Character(const Piece& piece, std::size_t at) {
    Ends ends;
    for (std::size_t size = 1; size <= 4 && at + size <= text.size(); size++) {
      std::uint32_t code_point = 0;
      if (IsUtf8(at, size, code_point) && Holds(piece.ranges, code_point)) {
        ends.insert(at + size);
      }
    }
    if (text.size() - at < 4) {
      const std::string rest = text.substr(at);
      if (rest.empty()) {
        reaches_end = true;
      } else if (static_cast<unsigned char>(rest[0]) >= 0x80) {
        for (const auto& [first, last] : AllSpellings().Beginning(rest)) {
          for (const auto& [low, high] : piece.ranges) {
            reaches_end = reaches_end || (low <= last && high >= first);
          }
        }
      }
    }
    return ends;
  }

  bool IsUtf8(std::size_t at, std::size_t size, std::uint32_t& code_point) const {
    const std::string one = text.substr(at, size);
    const auto lead = static_cast<unsigned char>(one[0]);
    code_point = size == 1   ? lead
                 : size == 2 ? lead & 0x1fU
                 : size == 3 ? lead & 0xfU
                             : lead & 7U;
    for (std::size_t byte = 1; byte < size; byte++) {
      code_point = code_point << 6 | (static_cast<unsigned char>(one[byte]) & 63U);
    }
    if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) {
      return false;
    }
    std::string written;
    AppendUtf8(code_point, written);
    return written == one;
  }

  static bool Holds(const Ranges& ranges, std::uint32_t code_point) {
    for (const auto& [first, last] : ranges) {
      if (code_point >= first && code_point <= last) {
        return true;
      }
    }
    return false;
  }

  // The characters that may begin at a place: where each ends. Tells in `open` what the text's end can become.
  std::vector<std::pair<std::size_t, std::uint32_t>> CharactersAt(std::size_t at, Ranges& open) const {
    std::vector<std::pair<std::size_t, std::uint32_t>> found;
    for (std::size_t size = 1; size <= 12 && at + size <= text.size(); size++) {
      const std::int64_t code_point = WholeCharacter(text.substr(at, size));
      if (code_point >= 0) {
        found.emplace_back(at + size, static_cast<std::uint32_t>(code_point));
      }
    }
    if (text.size() - at < 12) {
      open = AllSpellings().Beginning(Lower(text.substr(at)));
    }
    return found;
  }

  Ends AutomatonString(std::uint32_t index, std::size_t at) {
    const TestAutomaton& automaton = reference.grammar_.automata[index];
    const std::vector<bool>& alive = reference.is_alive_[index];
    Ends ends;
    std::set<std::pair<std::size_t, std::uint32_t>> work;
    for (const std::size_t begin : Spell("\"", at)) {
      work.insert({begin, 0});
    }
    std::set<std::pair<std::size_t, std::uint32_t>> done;
    while (!work.empty()) {
      const auto [place, state] = *work.begin();
      work.erase(work.begin());
      if (!alive[state] || !done.insert({place, state}).second) {
        continue;
      }
      if (place == text.size()) {
        reaches_end = true;
        continue;
      }
      if (text[place] == '"') {
        if (automaton[state].is_accepting) {
          ends.insert(place + 1);
        }
        continue;
      }
      Ranges open;
      for (const auto& [end, code_point] : CharactersAt(place, open)) {
        for (const auto& edge : automaton[state].edges) {
          if (code_point >= edge.first && code_point <= edge.last) {
            work.insert({end, edge.target});
          }
        }
      }
      for (const auto& [first, last] : open) {
        for (const auto& edge : automaton[state].edges) {
          reaches_end = reaches_end || (alive[edge.target] && edge.first <= last && edge.last >= first);
        }
      }
    }
    return ends;
  }

  Ends CountedString(const Piece& piece, std::size_t at) {
    Ends ends;
    for (std::size_t place : Spell("\"", at)) {
      // One reading at most: no way to write a character begins another.
      for (std::uint32_t count = 0;;) {
        if (place == text.size()) {
          reaches_end = true;
          break;
        }
        if (text[place] == '"') {
          if (count >= piece.a) {
            ends.insert(place + 1);
          }
          break;
        }
        if (piece.b != kNoEnd && count == piece.b) {
          break;
        }
        Ranges open;
        const auto next = CharactersAt(place, open);
        reaches_end = reaches_end || !open.empty();
        if (next.empty()) {
          break;
        }
        place = next[0].first;
        count++;
      }
    }
    return ends;
  }
};

Reference::Reference(const TestGrammar& grammar)
    : grammar_(grammar), is_productive_(grammar.rules.size()), is_alive_(grammar.automata.size()) {
  for (std::size_t index = 0; index < grammar.automata.size(); index++) {
    const TestAutomaton& automaton = grammar.automata[index];
    std::vector<bool>& alive = is_alive_[index];
    alive.resize(automaton.size());
    for (std::size_t round = 0; round <= automaton.size(); round++) {
      for (std::size_t state = 0; state < automaton.size(); state++) {
        alive[state] = alive[state] || automaton[state].is_accepting;
        for (const auto& edge : automaton[state].edges) {
          const bool is_text = edge.first < 0xd800 || edge.last > 0xdfff;
          alive[state] = alive[state] || (is_text && alive[edge.target]);
        }
      }
    }
  }
  for (std::size_t round = 0; round <= grammar.rules.size(); round++) {
    for (std::size_t rule = 0; rule < grammar.rules.size(); rule++) {
      is_productive_[rule] = is_productive_[rule] || IsProductive(grammar.rules[rule]);
    }
  }
}

bool Reference::IsProductive(const Piece& piece) const {
  switch (piece.kind) {
    case Piece::kText:
      return true;
    case Piece::kChars:
      for (const auto& [first, last] : piece.ranges) {
        if (first < 0xd800 || last > 0xdfff) {
          return true;
        }
      }
      return false;
    case Piece::kSeq:
      for (const Piece& part : piece.parts) {
        if (!IsProductive(part)) {
          return false;
        }
      }
      return true;
    case Piece::kChoice:
      for (const Piece& part : piece.parts) {
        if (IsProductive(part)) {
          return true;
        }
      }
      return false;
    case Piece::kRepeat:
      return piece.a <= piece.b && (piece.a == 0 || IsProductive(piece.parts[0]));
    case Piece::kRef:
      return is_productive_[piece.a];
    case Piece::kString:
      return is_alive_[piece.a][0];
    case Piece::kStringLength:
      return piece.a <= piece.b;
  }
  return false;
}

Reference::Verdict Reference::Judge(const std::string& text) const {
  Run run{*this, text, false, {}};
  const bool is_whole = run.Match(grammar_.rules[grammar_.root], 0).contains(text.size());
  return {.is_prefix = run.reaches_end || is_whole, .is_whole = is_whole};
}

}  // namespace grammar_test
