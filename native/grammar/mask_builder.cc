#include "mask_builder.h"

#include <cstring>

namespace rowmill::grammar {
namespace {

// A string state with more live bytes lets most tokens through, so that its walk is worth being kept.
constexpr std::uint16_t kWideBytes = 40;

}  // namespace

MaskWords MaskBuilder::Build(State* state) {
  const Vocabulary& vocabulary = space_.vocabulary_;
  const std::size_t words = vocabulary.words();
  MaskWords mask;
  std::vector<Config> strings;
  std::vector<Config> others;
  for (const Config& config : state->configs) {
    const std::uint32_t* inside = config.machine == nullptr ? nullptr : InsideOf(config);
    if (inside == nullptr) {
      others.push_back(config);
      continue;
    }
    strings.push_back(config);
    if (mask == nullptr) {
      mask = std::make_unique_for_overwrite<std::uint32_t[]>(words);
      std::memcpy(mask.get(), inside, words * sizeof(std::uint32_t));
    } else {
      for (std::size_t word = 0; word < words; word++) {
        mask[word] |= inside[word];
      }
    }
  }
  if (mask == nullptr) {
    mask = std::make_unique<std::uint32_t[]>(words);
  }
  if (!strings.empty()) {
    Walk(vocabulary.quote_trie(), space_.InternOf(strings, false), mask.get());
  }
  if (!others.empty()) {
    Walk(vocabulary.trie(), strings.empty() ? state : space_.InternOf(others, false), mask.get());
  }
  if (state->is_accepting) {
    for (const std::uint32_t token : vocabulary.end_tokens()) {
      mask[token >> 5] |= 1U << (token & 31);
    }
  }
  return mask;
}

const std::uint32_t* MaskBuilder::InsideOf(const Config& config) {
  StringMachine& machine = space_.MachineOf(space_.program_.at(config.position).a);
  const StringContent& content = machine.content();
  const MachineState& state = *config.machine;
  if (state.mode != MachineState::Mode::kClean || !content.GoesOn(state.content)) {
    return nullptr;
  }
  const Vocabulary& vocabulary = space_.vocabulary_;
  if (!content.HasAutomaton()) {
    return vocabulary.InsideString(StringContent::MostOf(state.content));
  }
  if (content.automaton().IsUniversal(static_cast<std::uint32_t>(state.content))) {
    return vocabulary.InsideString(StringContent::kNoEnd);
  }
  machine.Expand(&state);
  if (state.classes->live_bytes < kWideBytes) {
    return nullptr;
  }
  MaskWords& kept = space_.inside_[&state];
  if (kept == nullptr) {
    kept = WalkInside(machine, &state);
  }
  return kept.get();
}

MaskWords MaskBuilder::WalkInside(StringMachine& machine, const MachineState* start) {
  struct Step {
    std::uint32_t node;
    const MachineState* state;
  };
  const TokenTrie& trie = space_.vocabulary_.trie();
  auto mask = std::make_unique<std::uint32_t[]>(space_.vocabulary_.words());
  std::vector<Step> work = {{TokenTrie::kRoot, start}};
  while (!work.empty()) {
    const auto [index, state] = work.back();
    work.pop_back();
    machine.Expand(state);
    const TokenTrie::Node& node = trie.node(index);
    const std::uint32_t end = node.first_child + node.child_count;
    for (std::uint32_t child = node.first_child; child < end; child++) {
      const MachineState* next = state->Next(trie.bytes()[child]);
      if (next == nullptr || next->mode == MachineState::Mode::kEnd) {
        continue;
      }
      const TokenTrie::Node& reached = trie.node(child);
      trie.AddTokens(reached.token, mask.get());
      if (reached.child_count > 0) {
        work.push_back({child, next});
      }
    }
  }
  return mask;
}

void MaskBuilder::Walk(const TokenTrie& trie, State* start, std::uint32_t* mask) {
  struct Step {
    std::uint32_t node;
    State* state;
  };
  std::vector<Step> work = {{TokenTrie::kRoot, start}};
  const auto take = [&](std::uint32_t child, State* next) {
    const TokenTrie::Node& reached = trie.node(child);
    trie.AddTokens(reached.token, mask);
    if (reached.child_count > 0 && !next->configs.empty()) {
      work.push_back({child, next});
    }
  };
  while (!work.empty()) {
    const auto [index, state] = work.back();
    work.pop_back();
    space_.Prepare(state);
    const ByteClasses& classes = *state->classes.load(std::memory_order_relaxed);
    if (classes.only_byte != ByteClasses::kSeveral) {
      const std::uint32_t child = trie.ChildOf(index, static_cast<std::uint8_t>(classes.only_byte));
      if (child != TokenTrie::kRoot) {
        take(child, space_.Step(state, 1));
      }
      continue;
    }
    const TokenTrie::Node& node = trie.node(index);
    const std::uint32_t end = node.first_child + node.child_count;
    for (std::uint32_t child = node.first_child; child < end; child++) {
      const std::uint8_t byte_class = classes.of[trie.bytes()[child]];
      if (byte_class != 0) {
        take(child, space_.Step(state, byte_class));
      }
    }
  }
}

}  // namespace rowmill::grammar
