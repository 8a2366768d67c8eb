#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rowmill::engine {

// One row's history for the penalties: which tokens its prompt holds and how often each was generated. Holds
// four bytes for each token of the vocabulary, so only rows with penalties should have one. Ids outside the
// vocabulary have no logit to be penalised and are left out.
class TokenCounts {
 public:
  struct Entry {
    std::uint32_t token = 0;
    // Times it was generated; 0 for a token of the prompt alone, or one whose draft was taken back.
    std::uint32_t outputs = 0;
    bool in_prompt = false;
  };

  explicit TokenCounts(std::uint32_t vocabulary_size) : place_(vocabulary_size, 0) {}

  // Forgets everything, for the next row; takes as long as there are distinct tokens.
  void Reset();
  void AddPrompt(std::span<const std::int32_t> tokens);
  void AddOutput(std::int32_t token);
  // Takes back one AddOutput of the same token: a draft that was refused. More than were added change
  // nothing.
  void RemoveOutput(std::int32_t token);

  // Each token that was added, once, in no order that matters.
  [[nodiscard]] std::span<const Entry> entries() const { return entries_; }

 private:
  // Of a token within the vocabulary; nullptr outside.
  Entry* EntryOf(std::int32_t token);

  // By token: its entry's index and one, 0 for none.
  std::vector<std::uint32_t> place_;
  std::vector<Entry> entries_;
};

}  // namespace rowmill::engine
