#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "grammar/matching/registry.h"

namespace grammar_test {

// Opens a vocabulary of these tokens; the last one is the end token, whatever it spells.
inline std::shared_ptr<const rowmill::grammar::Vocabulary> VocabularyOf(const std::vector<std::string>& tokens) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint32_t> offsets = {0};
  for (const std::string& token : tokens) {
    bytes.insert(bytes.end(), token.begin(), token.end());
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  const std::vector<std::uint32_t> ends = {static_cast<std::uint32_t>(tokens.size() - 1)};
  return rowmill::grammar::OpenVocabulary(bytes, offsets, ends);
}

}  // namespace grammar_test
