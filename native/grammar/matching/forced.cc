#include "forced.h"

#include <algorithm>
#include <bit>

namespace rowmill::grammar {
namespace {

constexpr std::size_t kMostForcedBytes = 4096;
// In larger states every step is slow; what is forced there is not worth the search.
constexpr std::size_t kMostForcedConfigs = 4096;

// Whether some token goes on below a node of the vocabulary's tree in a way that the grammar allows.
bool CanGoOn(StateSpace& space, const TokenTrie& trie, std::uint32_t start_node, State* start) {
  struct Step {
    std::uint32_t node;
    State* state;
  };
  if (start->configs.size() > kMostForcedConfigs) {
    return true;
  }
  std::vector<Step> work = {{start_node, start}};
  while (!work.empty()) {
    const auto [index, state] = work.back();
    work.pop_back();
    const TokenTrie::Node& node = trie.node(index);
    for (std::uint32_t child = node.first_child; child < node.first_child + node.child_count; child++) {
      State* next = space.Next(state, trie.bytes()[child]);
      if (next == space.dead()) {
        continue;
      }
      if (trie.node(child).token != TokenTrie::kNoToken) {
        return true;
      }
      work.push_back({child, next});
    }
  }
  return false;
}

// The only token that a mask allows, if it is one of text.
std::vector<std::uint32_t> OnlyToken(StateSpace& space, State* state) {
  const Vocabulary& vocabulary = space.vocabulary();
  if (state->is_accepting) {
    return {};
  }
  const std::uint32_t* mask = space.MaskOf(state);
  std::vector<std::uint32_t> found;
  for (std::uint32_t word = 0; word < vocabulary.words(); word++) {
    if (mask[word] == 0) {
      continue;
    }
    if (!found.empty() || !std::has_single_bit(mask[word])) {
      return {};
    }
    found.push_back(word * 32 + static_cast<std::uint32_t>(std::countr_zero(mask[word])));
  }
  return found;
}

// Whether tokens spell the beginning of a text, each of them one that the vocabulary knows as text.
bool DoSpell(const Vocabulary& vocabulary, std::span<const std::uint32_t> tokens,
             std::span<const std::uint8_t> text) {
  for (const std::uint32_t token : tokens) {
    if (token >= vocabulary.size() || vocabulary.IsEnd(token)) {
      return false;
    }
    const auto bytes = vocabulary.BytesOf(token);
    if (bytes.empty() || bytes.size() > text.size() || !std::ranges::equal(bytes, text.first(bytes.size()))) {
      return false;
    }
    text = text.subspan(bytes.size());
  }
  return true;
}

}  // namespace

ForcedText FindForcedBytes(StateSpace& space, State* state) {
  ForcedText forced{.bytes = {}, .end = state};
  while (!forced.end->is_accepting && forced.bytes.size() < kMostForcedBytes &&
         forced.end->configs.size() <= kMostForcedConfigs) {
    const int byte = space.ClassesOf(forced.end).only_byte;
    if (byte == ByteClasses::kSeveral) {
      break;
    }
    forced.bytes.push_back(static_cast<std::uint8_t>(byte));
    forced.end = space.Next(forced.end, forced.bytes.back());
  }
  return forced;
}

std::vector<std::uint32_t> FindForcedTokens(StateSpace& space, State* state, const Tokenizer& tokenize) {
  const Vocabulary& vocabulary = space.vocabulary();
  const ForcedText forced = FindForcedBytes(space, state);
  const std::span<const std::uint8_t> text(forced.bytes);
  if (text.empty()) {
    return OnlyToken(space, state);
  }
  std::vector<std::uint32_t> agreed = tokenize(text);
  if (!DoSpell(vocabulary, agreed, text)) {
    return OnlyToken(space, state);
  }
  const std::size_t reach = std::min<std::size_t>(text.size(), vocabulary.longest());
  for (std::size_t place = text.size() - reach; place < text.size() && !agreed.empty(); place++) {
    const std::int64_t node = vocabulary.trie().Find(text.subspan(place));
    if (node < 0 || !CanGoOn(space, vocabulary.trie(), static_cast<std::uint32_t>(node), forced.end)) {
      continue;
    }
    const std::vector<std::uint32_t> other =
        place == 0 ? std::vector<std::uint32_t>{} : tokenize(text.first(place));
    agreed.resize(static_cast<std::size_t>(std::ranges::mismatch(agreed, other).in1 - agreed.begin()));
  }
  return agreed.empty() ? OnlyToken(space, state) : agreed;
}

}  // namespace rowmill::grammar
