#include "vocabulary.h"

#include <algorithm>
#include <string_view>

#include "grammar/automata/string_machine.h"
#include "grammar/grammar_error.h"

namespace rowmill::grammar {

Vocabulary::Vocabulary(std::span<const std::uint8_t> bytes, std::span<const std::uint32_t> offsets,
                       std::span<const std::uint32_t> end_tokens)
    : bytes_(bytes.begin(), bytes.end()),
      offsets_(offsets.begin(), offsets.end()),
      end_tokens_(end_tokens.begin(), end_tokens.end()) {
  if (offsets.size() < 2 || offsets.size() - 1 > kMostTokens) {
    throw GrammarError("a vocabulary has 1 to 2^24 tokens");
  }
  if (!std::ranges::is_sorted(offsets) || offsets.back() > bytes.size()) {
    throw GrammarError("the vocabulary's offsets are not in order, or lie beyond its bytes");
  }
  is_end_.resize(size());
  for (const std::uint32_t token : end_tokens) {
    if (token >= size()) {
      throw GrammarError("an end token lies outside the vocabulary");
    }
    is_end_[token] = true;
  }
  std::vector<TokenTrie::Entry> entries;
  std::vector<TokenTrie::Entry> quoted;
  for (std::uint32_t token = 0; token < size(); token++) {
    const auto own = BytesOf(token);
    if (own.empty() || is_end_[token]) {
      continue;
    }
    longest_ = std::max(longest_, static_cast<std::uint32_t>(own.size()));
    const std::string_view text(reinterpret_cast<const char*>(own.data()), own.size());
    entries.push_back({text, token});
    if (text.find('"') != std::string_view::npos) {
      quoted.push_back({text, token});
    }
  }
  trie_ = TokenTrie(std::move(entries));
  quote_trie_ = TokenTrie(std::move(quoted));
  flat_trie_ = FlatTrie(trie_, static_cast<std::uint32_t>(words() * 32));
  FindInside();
  inside_masks_ = std::make_unique<InsideMasks>(*this);
}

bool Vocabulary::Equals(std::span<const std::uint8_t> bytes, std::span<const std::uint32_t> offsets,
                        std::span<const std::uint32_t> end_tokens) const {
  return std::ranges::equal(bytes_, bytes) && std::ranges::equal(offsets_, offsets) &&
         std::ranges::equal(end_tokens_, end_tokens);
}

void Vocabulary::FindInside() {
  Arena arena;
  StringMachine machine(StringContent(0, StringContent::kNoEnd), arena);
  struct Step {
    std::uint32_t node;
    std::uint32_t characters;
    const MachineState* state;
  };
  std::vector<Step> work = {{TokenTrie::kRoot, 0, machine.start()}};
  while (!work.empty()) {
    const Step at = work.back();
    work.pop_back();
    machine.Expand(at.state);
    const std::uint32_t characters = at.characters + (at.state->mode == MachineState::Mode::kClean ? 1 : 0);
    const TokenTrie::Node& node = trie_.node(at.node);
    for (std::uint32_t child = node.first_child; child < node.first_child + node.child_count; child++) {
      const MachineState* next = at.state->Next(trie_.bytes()[child]);
      if (next == nullptr || next->mode == MachineState::Mode::kEnd) {
        continue;
      }
      work.push_back({child, characters, next});
      trie_.ForTokens(trie_.node(child).token,
                      [&](std::uint32_t token) { inside_.push_back({characters, token}); });
    }
  }
  std::ranges::sort(inside_, [](const Inside& a, const Inside& b) {
    return a.characters != b.characters ? a.characters > b.characters : a.token < b.token;
  });
  most_characters_ = inside_.empty() ? 0 : inside_.front().characters;
  owned_.resize(most_characters_ + std::size_t{1});
  by_characters_ = std::vector<std::atomic<const std::uint32_t*>>(most_characters_ + std::size_t{1});
}

std::span<const Vocabulary::Inside> Vocabulary::LongerThan(std::uint32_t characters) const {
  const auto end = std::ranges::partition_point(
      inside_, [&](const Inside& one) { return one.characters > characters; });
  return {inside_.begin(), end};
}

const std::uint32_t* Vocabulary::InsideString(std::uint32_t characters) const {
  characters = std::min(characters, most_characters_);
  if (const std::uint32_t* made = by_characters_[characters].load(std::memory_order_acquire)) {
    return made;
  }
  const std::lock_guard lock(mutex_);
  if (owned_[characters] == nullptr) {
    auto mask = std::make_unique<std::uint32_t[]>(words());
    for (const Inside& one : std::span(inside_).subspan(LongerThan(characters).size())) {
      mask[one.token >> 5] |= 1U << (one.token & 31);
    }
    owned_[characters] = std::move(mask);
    by_characters_[characters].store(owned_[characters].get(), std::memory_order_release);
  }
  return owned_[characters].get();
}

}  // namespace rowmill::grammar
