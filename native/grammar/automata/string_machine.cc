#include "string_machine.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rowmill::grammar {
namespace {

using Mode = MachineState::Mode;
using CoverKind = StringContent::Cover::Kind;

// How many code points `left` more units of the mode tell apart.
std::uint32_t BlockSize(Mode mode, std::uint8_t left) {
  return 1U << (mode == Mode::kUtf8 ? 6 * left : 4 * left);
}

std::uint32_t AstralOf(std::uint32_t high_surrogate) {
  return 0x10000 + ((high_surrogate - kFirstSurrogate) << 10);
}

template <typename Use>
void ForHexDigits(std::uint32_t first_digit, std::uint32_t last_digit, Use use) {
  for (std::uint32_t digit = first_digit; digit <= last_digit; digit++) {
    if (digit < 10) {
      use(static_cast<std::uint8_t>('0' + digit), digit);
    } else {
      use(static_cast<std::uint8_t>('a' + digit - 10), digit);
      use(static_cast<std::uint8_t>('A' + digit - 10), digit);
    }
  }
}

constexpr std::array<std::pair<char, std::uint32_t>, 7> kShortEscapes = {
    {{'"', 0x22}, {'\\', 0x5c}, {'b', 8}, {'f', 12}, {'n', 10}, {'r', 13}, {'t', 9}}};

// First and last of the code points that have an escape: all but the printable ASCII that needs none.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 4> kEscapable = {
    {{0, 0x1f}, {'"', '"'}, {'\\', '\\'}, {0x7f, kLastCodePoint}}};

bool AreEscapable(std::uint32_t first, std::uint32_t last) {
  return std::ranges::any_of(kEscapable,
                             [&](const auto& range) { return range.first <= first && last <= range.second; });
}

}  // namespace

StringMachine::StringMachine(const StringContent& content, Arena& arena) : content_(content), arena_(arena) {
  end_ = Intern({.mode = Mode::kEnd});
  start_ = Clean(content_.start());
}

const MachineState* StringMachine::Clean(StringContent::State content) {
  return Intern({.content = content, .mode = Mode::kClean});
}

const MachineState* StringMachine::AfterBackslash(StringContent::State content) {
  return Intern({.content = content, .mode = Mode::kEscape});
}

const MachineState* StringMachine::Adopt(const MachineState& other) {
  // Only what never changes: the other machine may be filling the rest right now.
  const MachineState copy = {.content = other.content,
                             .mode = other.mode,
                             .left = other.left,
                             .is_uniform = other.is_uniform,
                             .first = other.first,
                             .last = other.last};
  return Intern(copy);
}

const MachineState* StringMachine::Clamped(const MachineState& state, std::uint32_t enough) {
  const std::uint32_t least = StringContent::LeastOf(state.content);
  const std::uint32_t most = StringContent::MostOf(state.content);
  const bool is_beyond = least > enough || (most >= enough && most != StringContent::kNoEnd);
  if (content_.HasAutomaton() || !is_beyond) {
    return &state;
  }
  return Intern({.content = StringContent::Counts(std::min(least, enough),
                                                  most >= enough ? StringContent::kNoEnd : most),
                 .mode = state.mode,
                 .left = state.left,
                 .is_uniform = state.is_uniform,
                 .first = state.first,
                 .last = state.last});
}

const MachineState* StringMachine::Intern(MachineState state) {
  std::uint64_t hash = Mix(0, state.content);
  hash = Mix(hash, static_cast<std::uint64_t>(state.mode) << 16 | state.left << 8 |
                       static_cast<std::uint64_t>(state.is_uniform));
  hash = Mix(hash, std::uint64_t{state.first} << 32 | state.last);
  MachineState* found = states_.Find(hash, [&](const MachineState& other) {
    return other.content == state.content && other.mode == state.mode && other.left == state.left &&
           other.is_uniform == state.is_uniform && other.first == state.first && other.last == state.last;
  });
  if (found == nullptr) {
    state.hash = hash;
    state.id = next_id_++;
    found = arena_.Make<MachineState>(state);
    states_.Add(found);
  }
  return found;
}

const MachineState* StringMachine::Pending(StringContent::State content, Mode mode, std::uint8_t left,
                                           std::uint32_t first, std::uint32_t last) {
  const auto cover = content_.CoverOf(content, first, last);
  if (cover.kind == CoverKind::kNone) {
    return nullptr;
  }
  // A block that isn't whole (after E0, ED, F0, F4) is told apart by its bounds.
  const std::uint32_t size = mode == Mode::kUtf8 || mode == Mode::kHex ? BlockSize(mode, left) : 0;
  const bool is_whole = size == 0 || last - first + 1 == size;
  if (cover.kind == CoverKind::kAll && is_whole) {
    return Intern({.content = cover.target, .mode = mode, .left = left, .is_uniform = true});
  }
  return Intern({.content = content, .mode = mode, .left = left, .first = first, .last = last});
}

const MachineState* StringMachine::Character(StringContent::State content, std::uint32_t code_point) {
  const auto cover = content_.CoverOf(content, code_point, code_point);
  return cover.kind == CoverKind::kAll ? Clean(cover.target) : nullptr;
}

bool StringMachine::TakesEscape(StringContent::State content, std::uint32_t first, std::uint32_t last) const {
  return std::ranges::any_of(kEscapable, [&](const auto& range) {
    const std::uint32_t from = std::max(first, range.first);
    const std::uint32_t to = std::min(last, range.second);
    return from <= to && content_.CoverOf(content, from, to).kind != CoverKind::kNone;
  });
}

const MachineState* StringMachine::HexBlock(StringContent::State content, std::uint8_t left, std::uint32_t first) {
  const std::uint32_t last = first + BlockSize(Mode::kHex, left) - 1;
  if (last < kFirstSurrogate || first > kLastSurrogate) {
    if (!AreEscapable(first, last)) {
      // Wherever the rest leads, some digits must not come: never uniform.
      return TakesEscape(content, first, last)
                 ? Intern({.content = content, .mode = Mode::kHex, .left = left, .first = first, .last = last})
                 : nullptr;
    }
    return left == 0 ? Character(content, first) : Pending(content, Mode::kHex, left, first, last);
  }
  if (first > kLastHighSurrogate) {
    return nullptr;  // a second half without a first
  }
  const std::uint32_t high_first = std::max(first, kFirstSurrogate);
  const std::uint32_t high_last = std::min(last, kLastHighSurrogate);
  const std::uint32_t astral_first = AstralOf(high_first);
  const std::uint32_t astral_last = AstralOf(high_last) + 0x3ff;
  if (high_first == first && high_last == last) {
    return Pending(content, left == 0 ? Mode::kLowBackslash : Mode::kHighHex, left, astral_first, astral_last);
  }
  // Only after "\u" and "\ud": some of what can come is a surrogate and some is not.
  const bool has_plain =
      TakesEscape(content, first, kFirstSurrogate - 1) || TakesEscape(content, kLastSurrogate + 1, last);
  if (!has_plain && content_.CoverOf(content, astral_first, astral_last).kind == CoverKind::kNone) {
    return nullptr;
  }
  return Intern({.content = content, .mode = Mode::kHex, .left = left, .first = first, .last = last});
}

void StringMachine::Expand(const MachineState* state) {
  if (state->classes != nullptr) {
    return;
  }
  std::array<const MachineState*, 256> row{};
  switch (state->mode) {
    case Mode::kClean:
      FillClean(*state, row);
      break;
    case Mode::kUtf8:
      FillUtf8(*state, row);
      break;
    case Mode::kEscape:
      FillEscape(*state, row);
      break;
    case Mode::kHex:
    case Mode::kHighHex:
      FillHex(*state, row);
      break;
    case Mode::kLowBackslash:
    case Mode::kLowU:
    case Mode::kLowHex:
      FillLow(*state, row);
      break;
    case Mode::kEnd:
      break;
  }
  auto* classes = arena_.Make<ByteClasses>();
  std::array<const MachineState*, 256> targets{};
  for (std::size_t byte = 0; byte < 256; byte++) {
    if (row[byte] == nullptr) {
      continue;
    }
    // Neighbours mostly go the same way.
    std::size_t found = byte > 0 && row[byte] == row[byte - 1] ? classes->of[byte - 1] : 0;
    for (std::size_t known = 1; found == 0 && known < classes->count; known++) {
      found = targets[known] == row[byte] ? known : 0;
    }
    if (found == 0) {
      found = classes->AddClass(static_cast<std::uint8_t>(byte));
      targets[found] = row[byte];
    }
    classes->of[byte] = static_cast<std::uint8_t>(found);
  }
  classes->Finish();
  // States are made here, so they may be filled here.
  auto* filled = const_cast<MachineState*>(state);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  filled->targets = arena_.MakeMany<const MachineState*>(classes->count);
  std::copy_n(targets.begin(), classes->count, filled->targets.begin());
  filled->classes = classes;
}

void StringMachine::FillClean(const MachineState& state, Row row) {
  const StringContent::State content = state.content;
  if (content_.GoesOn(content)) {
    if (content_.HasAutomaton()) {
      for (const auto& edge : content_.automaton()->EdgesOf(static_cast<std::uint32_t>(content))) {
        const std::uint32_t first = std::max(edge.first, 0x20U);
        const std::uint32_t last = std::min(edge.last, 0x7fU);
        if (first <= last) {
          std::fill(row.begin() + first, row.begin() + last + 1, Clean(edge.target));
        }
      }
    } else {
      std::fill(row.begin() + 0x20, row.begin() + 0x80, Character(content, 0x20));
    }
    for (std::uint32_t lead = 0xc2; lead <= 0xf4; lead++) {
      const std::uint8_t left = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
      const std::uint32_t bits = lead & (0x3fU >> left);
      std::uint32_t first = bits << (6 * left);
      std::uint32_t last = first + BlockSize(Mode::kUtf8, left) - 1;
      // Neither longer than needed, nor a surrogate, nor beyond the last code point.
      first = std::max(first, left == 1 ? 0x80U : left == 2 ? 0x800U : 0x10000U);
      last = lead == 0xed ? kFirstSurrogate - 1 : std::min(last, kLastCodePoint);
      row[lead] = Pending(content, Mode::kUtf8, left, first, last);
    }
    row['\\'] = TakesEscape(content, 0, kLastCodePoint) ? AfterBackslash(content) : nullptr;
  } else {
    row['\\'] = nullptr;
  }
  row['"'] = content_.IsAccepting(content) ? end_ : nullptr;
}

void StringMachine::FillUtf8(const MachineState& state, Row row) {
  const auto left = static_cast<std::uint8_t>(state.left - 1);
  if (state.is_uniform) {
    const MachineState* next = left == 0 ? Clean(state.content)
                                         : Intern({.content = state.content,
                                                   .mode = Mode::kUtf8,
                                                   .left = left,
                                                   .is_uniform = true});
    std::fill(row.begin() + 0x80, row.begin() + 0xc0, next);
    return;
  }
  const std::uint32_t part = BlockSize(Mode::kUtf8, left);
  const std::uint32_t base = state.first / (part * 64) * (part * 64);
  for (std::uint32_t digit = 0; digit < 64; digit++) {
    const std::uint32_t first = std::max(base + digit * part, state.first);
    const std::uint32_t last = std::min(base + digit * part + part - 1, state.last);
    if (first <= last) {
      row[0x80 + digit] = left == 0 ? Character(state.content, first)
                                    : Pending(state.content, Mode::kUtf8, left, first, last);
    }
  }
}

void StringMachine::FillEscape(const MachineState& state, Row row) {
  for (const auto& [letter, code_point] : kShortEscapes) {
    row[static_cast<std::uint8_t>(letter)] = Character(state.content, code_point);
  }
  row['u'] = HexBlock(state.content, 4, 0);
}

void StringMachine::FillHex(const MachineState& state, Row row) {
  const auto left = static_cast<std::uint8_t>(state.left - 1);
  const std::uint32_t part = BlockSize(Mode::kHex, left);
  ForHexDigits(0, 15, [&](std::uint8_t byte, std::uint32_t digit) {
    if (state.is_uniform) {
      if (state.mode == Mode::kHighHex) {
        row[byte] = Intern({.content = state.content,
                            .mode = left == 0 ? Mode::kLowBackslash : Mode::kHighHex,
                            .left = left,
                            .is_uniform = true});
      } else {
        row[byte] = left == 0 ? Clean(state.content)
                              : Intern({.content = state.content,
                                        .mode = Mode::kHex,
                                        .left = left,
                                        .is_uniform = true});
      }
    } else if (state.mode == Mode::kHighHex) {
      const std::uint32_t high = kFirstSurrogate + ((state.first - 0x10000) >> 10);
      row[byte] = HexBlock(state.content, left, high + digit * part);
    } else {
      row[byte] = HexBlock(state.content, left, state.first + digit * part);
    }
  });
}

void StringMachine::FillLow(const MachineState& state, Row row) {
  const auto follow = [&](Mode mode, std::uint8_t left) {
    MachineState next = state;
    next.mode = mode;
    next.left = left;
    next.classes = nullptr;
    next.targets = {};
    return Intern(next);
  };
  if (state.mode == Mode::kLowBackslash) {
    row['\\'] = follow(Mode::kLowU, 0);
    return;
  }
  if (state.mode == Mode::kLowU) {
    row['u'] = follow(Mode::kLowHex, 4);
    return;
  }
  const auto left = static_cast<std::uint8_t>(state.left - 1);
  if (left == 3) {
    row['d'] = row['D'] = follow(Mode::kLowHex, 3);
    return;
  }
  // DC00 to DFFF: the second digit is C to F.
  const std::uint32_t first_digit = left == 2 ? 12 : 0;
  const std::uint32_t part = 1U << (4 * left);
  ForHexDigits(first_digit, 15, [&](std::uint8_t byte, std::uint32_t digit) {
    if (state.is_uniform) {
      row[byte] = left == 0 ? Clean(state.content) : follow(Mode::kLowHex, left);
      return;
    }
    const std::uint32_t first = state.first + (digit - first_digit) * part;
    row[byte] = left == 0 ? Character(state.content, first)
                          : Pending(state.content, Mode::kLowHex, left, first, first + part - 1);
  });
}

}  // namespace rowmill::grammar
