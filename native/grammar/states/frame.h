#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "grammar/interning/arena.h"
#include "grammar/interning/pointer_table.h"
#include "grammar/tables/program.h"

namespace rowmill::grammar {

struct Frame;

// Where a rule goes on when it has ended, and what is to be done after that.
struct Return {
  // The end of the text: behind the root rule.
  static constexpr std::uint32_t kEndOfText = 0xffffffff;

  std::uint32_t position = kEndOfText;
  const Frame* stack = nullptr;

  auto operator<=>(const Return&) const = default;
};

// What is to be done once the present rule or loop has ended; equal stacks are one object. A rule that several
// places of the network wait for is followed once, for all of them: its frame has several returns. So a text that may
// be read in many ways, each leading into the same rule, does not multiply what has to be followed within the rule.
struct Frame {
  static constexpr std::uint32_t kNoLoop = 0xffffffff;

  // Of a loop: one, the loop's end.
  std::span<const Return> returns;
  // Rounds of the loop.
  std::uint32_t count = kNoLoop;
  // The stack with counters that no token can exhaust made equal: the same mask, fewer states.
  const Frame* clamped = nullptr;
  std::uint64_t hash = 0;
};

// Makes the frames of one space. The stack of the root rule is nullptr.
class FrameTable {
 public:
  FrameTable(const Program& program, std::uint32_t longest_token, Arena& arena)
      : program_(program), longest_token_(longest_token), arena_(arena) {}

  const Frame* OfLoop(const Loop& loop, std::uint32_t count, const Frame* stack);
  // Of a call, or of several of the same rule. Sorts the returns.
  const Frame* OfCalls(std::vector<Return>& returns);
  // The same stack made by another table of the same program; `known` holds what was adopted already.
  const Frame* Adopt(const Frame* frame, std::unordered_map<const Frame*, const Frame*>& known);

  [[nodiscard]] std::size_t bytes() const { return frames_.bytes(); }

 private:
  const Frame* Intern(std::span<const Return> returns, std::uint32_t count);
  [[nodiscard]] const Frame* Clamped(const Frame& frame);
  [[nodiscard]] std::uint32_t ClampedCount(const Frame& frame) const;

  const Program& program_;
  std::uint32_t longest_token_;
  Arena& arena_;
  PointerTable<Frame> frames_;
};

}  // namespace rowmill::grammar
