#include "mask_builder.h"

#include <cstring>
#include <utility>

namespace rowmill::grammar {
namespace {

// A string state with more live bytes lets most tokens through, so that its walk is worth being kept.
constexpr std::uint16_t kWideBytes = 40;

}  // namespace

void MaskBuilder::AddReached(const TokenTrie& trie, State* start, std::uint32_t* mask) {
  struct Step {
    std::uint32_t node;
    State* state;
  };
  std::vector<Step> work = {{TokenTrie::kRoot, start}};
  const auto take = [&](std::uint32_t child, State* next) {
    const TokenTrie::Node& reached = trie.node(child);
    if (reached.child_count > 0 && !next->configs.empty()) {
      work.push_back({child, next});
    }
    trie.AddTokens(reached.token, mask);
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

MaskBuilder::Parts MaskBuilder::Split(const State& state) {
  Parts parts;
  for (const Config& config : state.configs) {
    InsideMasks::Mask inside = config.machine == nullptr ? nullptr : InsideOf(config);
    if (inside == nullptr) {
      parts.others.push_back(config);
    } else {
      parts.strings.push_back(config);
      parts.inside.push_back(std::move(inside));
    }
  }
  return parts;
}

MaskWords MaskBuilder::Build(State* state) {
  const Vocabulary& vocabulary = space_.vocabulary_;
  const std::size_t words = vocabulary.words();
  const Parts parts = Split(*state);
  MaskWords mask;
  if (parts.inside.empty()) {
    mask = std::make_unique<std::uint32_t[]>(words);
  } else {
    mask = std::make_unique_for_overwrite<std::uint32_t[]>(words);
    std::memcpy(mask.get(), parts.inside[0].get(), words * sizeof(std::uint32_t));
    for (const auto& inside : std::span(parts.inside).subspan(1)) {
      for (std::size_t word = 0; inside != parts.inside[0] && word < words; word++) {
        mask[word] |= inside[word];
      }
    }
  }
  if (!parts.strings.empty()) {
    AddReached(vocabulary.quote_trie(), space_.InternOf(parts.strings, false), mask.get());
  }
  if (!parts.others.empty()) {
    State* others = parts.strings.empty() ? state : space_.InternOf(parts.others, false);
    AddReached(vocabulary.trie(), others, mask.get());
  }
  if (state->is_accepting) {
    for (const std::uint32_t token : vocabulary.end_tokens()) {
      mask[token >> 5] |= 1U << (token & 31);
    }
  }
  return mask;
}

InsideMasks::Mask MaskBuilder::InsideOf(const Config& config) {
  StringMachine& machine = space_.machines_.Of(space_.program_.at(config.position).a);
  const StringContent& content = machine.content();
  const MachineState& state = *config.machine;
  const Vocabulary& vocabulary = space_.vocabulary_;
  const auto state_of_automaton = static_cast<std::uint32_t>(state.content);
  const bool takes_all = content.HasAutomaton() ? content.automaton()->IsUniversal(state_of_automaton)
                                                : StringContent::MostOf(state.content) == kNoEnd;
  if (state.mode == MachineState::Mode::kEscape && (takes_all || content.HasAutomaton())) {
    return takes_all ? vocabulary.inside_masks().OfAnyEscape()
                     : vocabulary.inside_masks().Of(content.automaton(), state_of_automaton, true);
  }
  if (state.mode != MachineState::Mode::kClean || !content.GoesOn(state.content)) {
    return nullptr;
  }
  if (takes_all || !content.HasAutomaton()) {
    const std::uint32_t characters = takes_all ? kNoEnd : StringContent::MostOf(state.content);
    // The vocabulary's own, for as long as it lives.
    return {InsideMasks::Mask(), vocabulary.InsideString(characters)};
  }
  machine.Expand(&state);
  return state.classes->live_bytes < kWideBytes
             ? nullptr
             : vocabulary.inside_masks().Of(content.automaton(), state_of_automaton, false);
}

}  // namespace rowmill::grammar
