#include "token_counts.h"

namespace rowmill::engine {

void TokenCounts::Reset() {
  for (const Entry& entry : entries_) {
    place_[entry.token] = 0;
  }
  entries_.clear();
}

void TokenCounts::AddPrompt(std::span<const std::int32_t> tokens) {
  for (const std::int32_t token : tokens) {
    if (Entry* entry = EntryOf(token)) {
      entry->in_prompt = true;
    }
  }
}

void TokenCounts::AddOutput(std::int32_t token) {
  if (Entry* entry = EntryOf(token)) {
    entry->outputs++;
  }
}

void TokenCounts::RemoveOutput(std::int32_t token) {
  Entry* entry = EntryOf(token);
  if (entry != nullptr && entry->outputs > 0) {
    entry->outputs--;
  }
}

TokenCounts::Entry* TokenCounts::EntryOf(std::int32_t token) {
  if (token < 0 || static_cast<std::size_t>(token) >= place_.size()) {
    return nullptr;
  }
  const auto id = static_cast<std::uint32_t>(token);
  if (place_[id] == 0) {
    entries_.push_back({.token = id});
    place_[id] = static_cast<std::uint32_t>(entries_.size());
  }
  return &entries_[place_[id] - 1];
}

}  // namespace rowmill::engine
