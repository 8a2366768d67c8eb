#include "registry.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "pointer_table.h"

namespace rowmill::grammar {
namespace {

// Weak references by a hash of the content; the content itself decides.
template <typename T>
class WeakRegistry {
 public:
  template <typename IsSame, typename Make>
  std::shared_ptr<T> Open(std::uint64_t hash, IsSame is_same, Make make) {
    // Made under the lock: of two threads that open the same one the second waits instead of making it again.
    const std::lock_guard lock(mutex_);
    DropGone();
    const auto [first, last] = known_.equal_range(hash);
    for (auto at = first; at != last; ++at) {
      std::shared_ptr<T> found = at->second.lock();
      if (found != nullptr && is_same(*found)) {
        return found;
      }
    }
    std::shared_ptr<T> made = make();
    known_.emplace(hash, made);
    return made;
  }

 private:
  void DropGone() {
    if (known_.size() < least_to_drop_) {
      return;
    }
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    least_to_drop_ = known_.size() * 2 + 16;
  }

  std::mutex mutex_;
  std::unordered_multimap<std::uint64_t, std::weak_ptr<T>> known_;
  std::size_t least_to_drop_ = 16;
};

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
