#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace grammar_test {

// Byte-pair encoding over a few letters, with random merges: the tokenizer that forced tokens have to agree with.
class ToyBpe {
 public:
  ToyBpe(const std::string& letters, std::size_t merges, std::mt19937& random) {
    for (const char letter : letters) {
      tokens_.emplace_back(1, letter);
    }
    while (ranks_.size() < merges) {
      const auto left = static_cast<std::uint32_t>(random() % tokens_.size());
      const auto right = static_cast<std::uint32_t>(random() % tokens_.size());
      const std::string merged = tokens_[left] + tokens_[right];
      if (merged.size() > 8 || ranks_.contains({left, right})) {
        continue;
      }
      ranks_[{left, right}] = {ranks_.size(), static_cast<std::uint32_t>(tokens_.size())};
      tokens_.push_back(merged);
    }
  }

  [[nodiscard]] std::vector<std::string> tokens() const { return tokens_; }

  [[nodiscard]] std::vector<std::uint32_t> Encode(std::span<const std::uint8_t> text) const {
    std::vector<std::uint32_t> parts;
    for (const std::uint8_t byte : text) {
      for (std::uint32_t token = 0; token < tokens_.size(); token++) {
        if (tokens_[token].size() == 1 && static_cast<std::uint8_t>(tokens_[token][0]) == byte) {
          parts.push_back(token);
        }
      }
    }
    while (true) {
      std::size_t best = parts.size();
      std::pair<std::size_t, std::uint32_t> rank = {ranks_.size(), 0};
      for (std::size_t at = 0; at + 1 < parts.size(); at++) {
        const auto found = ranks_.find({parts[at], parts[at + 1]});
        if (found != ranks_.end() && found->second.first < rank.first) {
          rank = found->second;
          best = at;
        }
      }
      if (best == parts.size()) {
        return parts;
      }
      parts[best] = rank.second;
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
  }

 private:
  std::vector<std::string> tokens_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::size_t, std::uint32_t>> ranks_;
};

}  // namespace grammar_test
