#include "inside_masks.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "grammar/automata/likeness.h"
#include "vocabulary.h"

namespace rowmill::grammar {
namespace {

// All are dropped when there are more; who uses one keeps it.
constexpr std::size_t kMostMaskBytes = std::size_t{64} << 20;
// Masks of the same automaton that a new one is compared with.
constexpr std::size_t kComparedMasks = 8;
// Longer tokens than a likeness reaches are looked at one by one; with more of them a walk is quicker.
constexpr std::size_t kMostLongTokens = 4000;
// So few that a closer likeness is not worth being looked for.
constexpr std::size_t kFewLongTokens = 250;

}  // namespace

InsideMasks::Mask InsideMasks::Of(const std::shared_ptr<const Automaton>& automaton, std::uint32_t state,
                                  bool after_backslash) {
  const std::lock_guard lock(mutex_);
  if (mask_count_ * vocabulary_.words() * sizeof(std::uint32_t) > kMostMaskBytes) {
    entries_.clear();
    mask_count_ = 0;
  }
  return Find(automaton, state, after_backslash);
}

InsideMasks::Mask InsideMasks::OfAnyEscape() {
  const std::lock_guard lock(mutex_);
  if (any_escape_ == nullptr) {
    Arena arena;
    StringMachine machine(StringContent(0, StringContent::kNoEnd), arena);
    any_escape_ = Walk(machine, machine.AfterBackslash(machine.start()->content));
  }
  return any_escape_;
}

InsideMasks::Mask InsideMasks::Find(const std::shared_ptr<const Automaton>& automaton, std::uint32_t state,
                                    bool after_backslash) {
  auto& entry = entries_[automaton.get()];
  if (entry == nullptr) {
    entry = std::make_unique<Entry>(automaton);
  }
  Entry& own = *entry;
  auto& masks = after_backslash ? own.escapes : own.known;
  if (const auto found = masks.find(state); found != masks.end()) {
    return found->second;
  }
  Mask mask = after_backslash ? Walk(own.machine, own.machine.AfterBackslash(state)) : Make(own, state);
  mask_count_++;
  masks.emplace(state, mask);
  if (!after_backslash) {
    own.order.push_back(state);
  }
  return mask;
}

InsideMasks::Mask InsideMasks::Make(Entry& entry, std::uint32_t state) {
  Likeness best{};
  Mask like;
  const std::uint32_t enough = vocabulary_.CharactersOfMost(kFewLongTokens);
  const std::size_t first = entry.order.size() - std::min(entry.order.size(), kComparedMasks);
  for (std::size_t at = entry.order.size(); at-- > first && (like == nullptr || best.characters < enough);) {
    const Likeness found = LikenessOf(*entry.automaton, state, *entry.automaton, entry.order[at], enough);
    if (like == nullptr || found.IsCloserThan(best)) {
      best = found;
      like = entry.known.at(entry.order[at]);
    }
  }
  const auto is_close = [&] {
    return best.is_equal || vocabulary_.LongerThan(best.characters).size() <= kMostLongTokens;
  };
  const bool is_loop = entry.automaton->size() == 1;
  if (!is_loop && (like == nullptr || !is_close())) {
    // An automaton that only ever takes this state's characters: others have it too.
    Automaton loop = entry.automaton->LoopOf(state);
    best = LikenessOf(*entry.automaton, state, loop, 0, enough);
    like = is_close() ? Find(ShareAutomaton(std::move(loop)), 0, false) : nullptr;
  }
  if (like == nullptr) {
    return Walk(entry.machine, entry.machine.Clean(state));
  }
  return best.is_equal ? like : Adapt(entry, state, like, best.characters);
}

InsideMasks::Mask InsideMasks::Adapt(Entry& entry, std::uint32_t state, const Mask& like,
                                     std::uint32_t characters) const {
  const std::size_t words = vocabulary_.words();
  auto mask = std::make_shared_for_overwrite<std::uint32_t[]>(words);
  std::memcpy(mask.get(), like.get(), words * sizeof(std::uint32_t));
  const MachineState* start = entry.machine.Clean(state);
  for (const Vocabulary::Inside& token : vocabulary_.LongerThan(characters)) {
    const MachineState* at = start;
    for (const std::uint8_t byte : vocabulary_.BytesOf(token.token)) {
      entry.machine.Expand(at);
      at = at->Next(byte);
      if (at == nullptr || at->mode == MachineState::Mode::kEnd) {
        at = nullptr;
        break;
      }
    }
    const std::uint32_t bit = 1U << (token.token & 31);
    std::uint32_t& word = mask[token.token >> 5];
    word = at != nullptr ? word | bit : word & ~bit;
  }
  return mask;
}

InsideMasks::Mask InsideMasks::Walk(StringMachine& machine, const MachineState* start) const {
  const FlatTrie& trie = vocabulary_.flat_trie();
  const std::vector<FlatTrie::Node>& nodes = trie.nodes();
  // One word more for the bit of no token.
  auto mask = std::make_shared<std::uint32_t[]>(vocabulary_.words() + 1);
  std::vector<const MachineState*> path(trie.deepest() + 1);
  machine.Expand(start);
  path[0] = start;
  for (std::uint32_t index = 0; index < nodes.size();) {
    const FlatTrie::Node& node = nodes[index];
    const MachineState* next = path[node.depth - 1]->Next(node.byte);
    if (next == nullptr || next->mode == MachineState::Mode::kEnd) {
      index = node.end;
      continue;
    }
    machine.Expand(next);
    path[node.depth] = next;
    if (node.token < FlatTrie::kTwins) {
      mask[node.token >> 5] |= 1U << (node.token & 31);
    } else {
      vocabulary_.trie().AddTokens(-2 - static_cast<std::int32_t>(node.token - FlatTrie::kTwins), mask.get());
    }
    index++;
  }
  return mask;
}

}  // namespace rowmill::grammar
