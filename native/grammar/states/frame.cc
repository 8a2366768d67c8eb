#include "frame.h"

#include <algorithm>

namespace rowmill::grammar {
namespace {

const Frame* ClampedStack(const Frame* stack) { return stack == nullptr ? nullptr : stack->clamped; }

}  // namespace

const Frame* FrameTable::OfLoop(const Loop& loop, std::uint32_t count, const Frame* stack) {
  const Return end{.position = loop.end, .stack = stack};
  return Intern({&end, 1}, count);
}

const Frame* FrameTable::OfCalls(std::vector<Return>& returns) {
  if (returns.size() > 1) {
    std::ranges::sort(returns);
    const auto rest = std::ranges::unique(returns);
    returns.erase(rest.begin(), rest.end());
  }
  const bool is_root = returns.size() == 1 && returns[0].position == Return::kEndOfText;
  return is_root ? nullptr : Intern(returns, Frame::kNoLoop);
}

const Frame* FrameTable::Intern(std::span<const Return> returns, std::uint32_t count) {
  std::uint64_t hash = Mix(0, count);
  for (const Return& one : returns) {
    hash = Mix(Mix(hash, one.position), one.stack == nullptr ? 0 : one.stack->hash);
  }
  Frame* found = frames_.Find(hash, [&](const Frame& other) {
    return other.count == count && std::ranges::equal(other.returns, returns);
  });
  if (found == nullptr) {
    const auto own = arena_.MakeMany<Return>(returns.size());
    std::ranges::copy(returns, own.begin());
    found = arena_.Make<Frame>(Frame{.returns = own, .count = count, .hash = hash});
    frames_.Add(found);
    found->clamped = Clamped(*found);
  }
  return found;
}

const Frame* FrameTable::Clamped(const Frame& frame) {
  const std::uint32_t count = ClampedCount(frame);
  const bool is_clamped = count == frame.count && std::ranges::all_of(frame.returns, [](const Return& one) {
                            return ClampedStack(one.stack) == one.stack;
                          });
  if (is_clamped) {
    return &frame;
  }
  std::vector<Return> returns(frame.returns.begin(), frame.returns.end());
  for (Return& one : returns) {
    one.stack = ClampedStack(one.stack);
  }
  std::ranges::sort(returns);
  const auto rest = std::ranges::unique(returns);
  returns.erase(rest.begin(), rest.end());
  return Intern(returns, count);
}

// One token begins at most as many rounds as it has bytes.
std::uint32_t FrameTable::ClampedCount(const Frame& frame) const {
  if (frame.count == Frame::kNoLoop) {
    return frame.count;
  }
  const Loop& loop = program_.LoopAt(program_.at(frame.returns[0].position).a);
  const std::uint32_t enough = longest_token_ + 2;
  if (loop.most != kNoEnd && loop.most - frame.count <= enough) {
    return frame.count;
  }
  if (frame.count >= loop.least) {
    return loop.least;
  }
  return loop.least - frame.count > enough ? loop.least - enough - 1 : frame.count;
}

const Frame* FrameTable::Adopt(const Frame* frame, std::unordered_map<const Frame*, const Frame*>& known) {
  known[nullptr] = nullptr;
  std::vector<const Frame*> work = {frame};
  while (!work.empty()) {
    const Frame* at = work.back();
    const std::size_t before = work.size();
    for (const Return& one : at == nullptr ? std::span<const Return>() : at->returns) {
      if (!known.contains(one.stack)) {
        work.push_back(one.stack);
      }
    }
    if (work.size() > before) {
      continue;
    }
    work.pop_back();
    if (known.contains(at)) {
      continue;
    }
    std::vector<Return> returns;
    for (const Return& one : at->returns) {
      returns.push_back({.position = one.position, .stack = known[one.stack]});
    }
    std::ranges::sort(returns);
    known[at] = Intern(returns, at->count);
  }
  return known[frame];
}

}  // namespace rowmill::grammar
