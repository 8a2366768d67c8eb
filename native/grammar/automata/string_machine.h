#pragma once

#include <cstdint>
#include <span>

#include "byte_classes.h"
#include "grammar/interning/arena.h"
#include "grammar/interning/pointer_table.h"
#include "string_content.h"

namespace rowmill::grammar {

// Where a JSON string stands between its quotes, byte by byte: the content's state and what of a character has
// been read. A character may be written as itself, as a short escape or as \uXXXX (two for those beyond U+FFFF);
// printable ASCII but the quote and the backslash only as itself, since it needs no escape: neither \u004d nor \/.
struct MachineState {
  enum class Mode : std::uint8_t {
    kClean,           // between two characters
    kUtf8,            // `left` continuation bytes to come
    kEscape,          // after the backslash
    kHex,             // `left` hexadecimal digits of \uXXXX to come
    kHighHex,         // the same, and they can only make a high surrogate
    kLowBackslash,    // after a high surrogate: the second half's backslash comes
    kLowU,            // its u
    kLowHex,          // `left` of its digits
    kEnd,             // after the closing quote
  };

  // Identity.
  StringContent::State content = 0;
  Mode mode = Mode::kClean;
  std::uint8_t left = 0;
  // All code points that can still come out lead to `content` already; else [first, last] are those that can.
  bool is_uniform = false;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::uint64_t hash = 0;
  std::uint32_t id = 0;

  // Filled by StringMachine::Expand.
  const ByteClasses* classes = nullptr;
  std::span<const MachineState*> targets = {};

  [[nodiscard]] const MachineState* Next(std::uint8_t byte) const { return targets[classes->of[byte]]; }
};

// The lazily made states of one StringContent. Not thread-safe.
class StringMachine {
 public:
  StringMachine(const StringContent& content, Arena& arena);

  [[nodiscard]] const StringContent& content() const { return content_; }
  // After the opening quote.
  [[nodiscard]] const MachineState* start() const { return start_; }
  // Between two characters, the content in a state of its own.
  const MachineState* Clean(StringContent::State content);
  // The content must take a character that has an escape.
  const MachineState* AfterBackslash(StringContent::State content);
  // The same state made by another machine of the same content.
  const MachineState* Adopt(const MachineState& other);
  // The state with counts of `enough` or more taken for no bound at all: the same for all that is shorter.
  const MachineState* Clamped(const MachineState& state, std::uint32_t enough);
  // Fills the state's classes and targets; the targets' own are empty until they are expanded too. The target of
  // dead bytes is nullptr.
  void Expand(const MachineState* state);

 private:
  using Row = std::span<const MachineState*, 256>;

  const MachineState* Intern(MachineState state);
  // A character of which [first, last] can still come out; nullptr when the content takes none of them.
  const MachineState* Pending(StringContent::State content, MachineState::Mode mode, std::uint8_t left,
                              std::uint32_t first, std::uint32_t last);
  const MachineState* Character(StringContent::State content, std::uint32_t code_point);
  // Whether the content takes a character of [first, last] that may be written as an escape.
  [[nodiscard]] bool TakesEscape(StringContent::State content, std::uint32_t first, std::uint32_t last) const;
  const MachineState* HexBlock(StringContent::State content, std::uint8_t left, std::uint32_t first);

  void FillClean(const MachineState& state, Row row);
  void FillUtf8(const MachineState& state, Row row);
  void FillEscape(const MachineState& state, Row row);
  void FillHex(const MachineState& state, Row row);
  void FillLow(const MachineState& state, Row row);

  StringContent content_;
  Arena& arena_;
  PointerTable<MachineState> states_;
  std::uint32_t next_id_ = 1;
  const MachineState* end_;
  const MachineState* start_;
};

}  // namespace rowmill::grammar
