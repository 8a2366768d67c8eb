#include "registry.h"

#include <utility>

#include "grammar/interning/pointer_table.h"
#include "grammar/interning/weak_registry.h"

namespace rowmill::grammar {
namespace {

template <typename Word>
std::uint64_t HashOf(std::uint64_t hash, std::span<const Word> words) {
  hash = Mix(hash, words.size());
  for (const Word word : words) {
    hash = Mix(hash, word);
  }
  return hash;
}

}  // namespace

std::shared_ptr<const Vocabulary> OpenVocabulary(std::span<const std::uint8_t> bytes,
                                                 std::span<const std::uint32_t> offsets,
                                                 std::span<const std::uint32_t> end_tokens) {
  static WeakRegistry<const Vocabulary> registry;
  const std::uint64_t hash = HashOf(HashOf(HashOf(0, bytes), offsets), end_tokens);
  return registry.Open(
      hash, [&](const Vocabulary& known) { return known.Equals(bytes, offsets, end_tokens); },
      [&] { return std::make_shared<const Vocabulary>(bytes, offsets, end_tokens); });
}

std::shared_ptr<TokenGrammar> OpenGrammar(std::span<const std::uint32_t> tables,
                                          std::shared_ptr<const Vocabulary> vocabulary,
                                          std::size_t memory_bytes) {
  static WeakRegistry<TokenGrammar> registry;
  const std::uint64_t hash = HashOf(reinterpret_cast<std::uintptr_t>(vocabulary.get()), tables);
  return registry.Open(
      hash,
      [&](const TokenGrammar& known) {
        return &known.vocabulary() == vocabulary.get() && known.HasTables(tables);
      },
      [&] { return std::make_shared<TokenGrammar>(tables, vocabulary, memory_bytes); });
}

}  // namespace rowmill::grammar
