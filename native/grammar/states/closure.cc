#include "closure.h"

#include <algorithm>
#include <tuple>

#include "grammar/grammar_error.h"

namespace rowmill::grammar {
namespace {

using Op = Instruction::Op;

// Beyond it a grammar is so ambiguous that no step of it would be quick. Objects of tens of thousands of optional
// properties stay below; src/grammar/readings.ts refuses what begins with more at one place.
constexpr std::size_t kMostConfigs = 1 << 16;

bool ComesBefore(const Config& a, const Config& b) {
  return std::tie(a.position, a.machine, a.stack) < std::tie(b.position, b.machine, b.stack);
}

}  // namespace

void Closure::Clear() {
  work_.clear();
  calls_.clear();
  visited_.Clear();
  configs_.clear();
  is_accepting_ = false;
}

void Closure::Add(const Config& config) {
  if (configs_.size() >= kMostConfigs) {
    throw GrammarError("the grammar is too ambiguous: more than 65536 readings of the same text");
  }
  configs_.push_back(config);
}

void Closure::Add(std::uint32_t position, const Frame* stack) {
  const Op op = program_.at(position).op;
  if (op == Op::kByte || op == Op::kSet) {
    Add({.position = position, .machine = nullptr, .stack = stack});
  } else {
    work_.push_back({position, stack});
  }
}

void Closure::Finish() {
  while (!work_.empty() || !calls_.empty()) {
    if (work_.empty()) {
      EnterRules();
      continue;
    }
    const Place place = work_.back();
    work_.pop_back();
    Visit(place.position, place.stack);
  }
  if (configs_.size() > 1) {
    std::ranges::sort(configs_, ComesBefore);
    const auto rest = std::ranges::unique(configs_);
    configs_.erase(rest.begin(), rest.end());
  }
}

void Closure::Visit(std::uint32_t position, const Frame* stack) {
  const Instruction& instruction = program_.at(position);
  switch (instruction.op) {
    case Op::kByte:
    case Op::kSet:
      Add({.position = position, .machine = nullptr, .stack = stack});
      return;
    case Op::kString:
      Add({.position = position, .machine = machines_.Of(instruction.a).start(), .stack = stack});
      return;
    case Op::kCall:
      NoteCall(instruction, stack);
      return;
    case Op::kReturn:
      if (stack == nullptr) {
        is_accepting_ = true;
        return;
      }
      break;
    case Op::kSplit:
    case Op::kLoopEnter:
    case Op::kLoopEnd:
    case Op::kJump:
      break;
  }
  // Only these can lead back to themselves, or be reached in many ways.
  if (!visited_.Add(position, stack)) {
    return;
  }
  if (visited_.size() > kMostConfigs * 4) {
    throw GrammarError("the grammar is too ambiguous: too many ways between two bytes");
  }
  if (instruction.op == Op::kReturn) {
    for (const Return& one : stack->returns) {
      if (one.position == Return::kEndOfText) {
        is_accepting_ = true;
      } else {
        work_.push_back({one.position, one.stack});
      }
    }
  } else if (instruction.op == Op::kSplit) {
    for (std::uint32_t target = 0; target < instruction.b; target++) {
      work_.push_back({program_.TargetAt(instruction.a + target), stack});
    }
  } else {
    VisitLoop(instruction, stack);
  }
}

void Closure::VisitLoop(const Instruction& instruction, const Frame* stack) {
  const Loop& loop = program_.LoopAt(instruction.a);
  if (instruction.op == Op::kLoopEnter) {
    if (loop.least == 0) {
      work_.push_back({loop.next, stack});
    }
    work_.push_back({loop.body, frames_.OfLoop(loop, 0, stack)});
    return;
  }
  const Frame* outside = stack->returns[0].stack;
  std::uint32_t count = stack->count + 1;
  if (loop.most == kNoEnd) {
    count = std::min(count, loop.least);
  }
  if (count >= loop.least) {
    work_.push_back({loop.next, outside});
  }
  if (count < loop.most) {
    work_.push_back({loop.body, frames_.OfLoop(loop, count, outside)});
  }
}

// What is called last in a rule returns to where the rule itself does, so that recursion at the end adds no frames.
void Closure::NoteCall(const Instruction& instruction, const Frame* stack) {
  if (program_.at(instruction.next).op != Op::kReturn) {
    calls_.push_back({instruction.a, {.position = instruction.next, .stack = stack}});
  } else if (stack == nullptr) {
    calls_.push_back({instruction.a, {}});
  } else {
    for (const Return& one : stack->returns) {
      calls_.push_back({instruction.a, one});
    }
  }
  if (calls_.size() > kMostConfigs * 4) {
    throw GrammarError("the grammar is too ambiguous: too many callers of its rules");
  }
}

void Closure::EnterRules() {
  if (calls_.size() > 1) {
    std::ranges::sort(calls_);
  }
  for (std::size_t first = 0; first < calls_.size();) {
    const std::uint32_t rule = calls_[first].rule;
    returns_.clear();
    for (; first < calls_.size() && calls_[first].rule == rule; first++) {
      returns_.push_back(calls_[first].after);
    }
    work_.push_back({rule, frames_.OfCalls(returns_)});
  }
  calls_.clear();
}

}  // namespace rowmill::grammar
