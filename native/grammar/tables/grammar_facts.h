#pragma once

#include <cstdint>
#include <vector>

#include "tables.h"

namespace rowmill::grammar {

// What has to be known of the tables' nodes before they are compiled.
class GrammarFacts {
 public:
  // @throws GrammarError a rule begins with itself
  explicit GrammarFacts(const Tables& tables);

  // Whether any text matches the node. What matches nothing is left out, so that no state is a dead end.
  [[nodiscard]] bool IsProductive(std::uint32_t node) const { return is_productive_[node]; }
  // Whether the empty text matches it.
  [[nodiscard]] bool IsNullable(std::uint32_t node) const { return is_nullable_[node]; }

 private:
  // Whether anything changed.
  bool ReadRule(std::uint32_t rule);
  void JudgeNode(std::uint32_t node);
  void RefuseLeftRecursion() const;
  [[nodiscard]] std::vector<std::uint32_t> FirstRules(std::uint32_t rule) const;

  const Tables& tables_;
  std::vector<bool> is_productive_;
  std::vector<bool> is_nullable_;
};

}  // namespace rowmill::grammar
