#include "grammar_facts.h"

#include <algorithm>
#include <string>

#include "grammar/grammar_error.h"

namespace rowmill::grammar {

using Kind = TableNode::Kind;

GrammarFacts::GrammarFacts(const Tables& tables)
    : tables_(tables), is_productive_(tables.nodes().size()), is_nullable_(tables.nodes().size()) {
  // Rules are judged again when one that they use has changed.
  const auto rule_count = static_cast<std::uint32_t>(tables.rules().size());
  std::vector<std::vector<std::uint32_t>> users(rule_count);
  std::vector<std::uint32_t> queue;
  for (std::uint32_t rule = 0; rule < rule_count; rule++) {
    const std::uint32_t first = tables.rules()[rule];
    for (std::uint32_t node = first; node < tables.nodes()[first].end; node++) {
      if (tables.nodes()[node].kind == Kind::kRef) {
        auto& list = users[tables.nodes()[node].a];
        if (list.empty() || list.back() != rule) {
          list.push_back(rule);
        }
      }
    }
  }
  std::vector<bool> is_waiting(rule_count, true);
  // Used rules mostly stand before or after their users: from both sides once, then by need.
  for (std::uint32_t rule = rule_count; rule-- > 0;) {
    queue.push_back(rule);
  }
  while (!queue.empty()) {
    const std::uint32_t rule = queue.back();
    queue.pop_back();
    is_waiting[rule] = false;
    if (!ReadRule(rule)) {
      continue;
    }
    for (const std::uint32_t user : users[rule]) {
      if (!is_waiting[user]) {
        is_waiting[user] = true;
        queue.push_back(user);
      }
    }
  }
  RefuseLeftRecursion();
}

bool GrammarFacts::ReadRule(std::uint32_t rule) {
  const std::uint32_t first = tables_.rules()[rule];
  const bool was_productive = is_productive_[first];
  const bool was_nullable = is_nullable_[first];
  // Parts stand behind what they are parts of.
  for (std::uint32_t node = tables_.nodes()[first].end; node-- > first;) {
    JudgeNode(node);
  }
  return is_productive_[first] != was_productive || is_nullable_[first] != was_nullable;
}

void GrammarFacts::JudgeNode(std::uint32_t index) {
  const TableNode& node = tables_.nodes()[index];
  bool is_productive = false;
  bool is_nullable = false;
  switch (node.kind) {
    case Kind::kText:
      is_productive = true;
      is_nullable = node.b == 0;
      break;
    case Kind::kChars:
      for (std::uint32_t range = 0; range < node.b && !is_productive; range++) {
        is_productive = tables_.WordAt(node.a + range * 2) < kFirstSurrogate ||
                        tables_.WordAt(node.a + range * 2 + 1) > kLastSurrogate;
      }
      break;
    case Kind::kSeq:
      is_productive = is_nullable = true;
      for (std::uint32_t part = index + 1; part < node.end; part = tables_.nodes()[part].end) {
        is_productive = is_productive && is_productive_[part];
        is_nullable = is_nullable && is_nullable_[part];
      }
      break;
    case Kind::kChoice:
      for (std::uint32_t part = index + 1; part < node.end; part = tables_.nodes()[part].end) {
        is_productive = is_productive || is_productive_[part];
        is_nullable = is_nullable || is_nullable_[part];
      }
      break;
    case Kind::kRepeat:
      is_productive = node.a <= node.b && (node.a == 0 || is_productive_[index + 1]);
      is_nullable = node.a <= node.b && (node.a == 0 || is_nullable_[index + 1]);
      break;
    case Kind::kRef:
      is_productive = is_productive_[tables_.rules()[node.a]];
      is_nullable = is_nullable_[tables_.rules()[node.a]];
      break;
    case Kind::kString:
      is_productive = tables_.automata()[node.a]->IsProductive();
      break;
    case Kind::kStringLength:
      is_productive = node.a <= node.b;
      break;
  }
  is_productive_[index] = is_productive;
  is_nullable_[index] = is_nullable;
}

// The rules that a rule may begin with, nothing read before.
std::vector<std::uint32_t> GrammarFacts::FirstRules(std::uint32_t rule) const {
  std::vector<std::uint32_t> found;
  std::vector<std::uint32_t> work = {tables_.rules()[rule]};
  while (!work.empty()) {
    const std::uint32_t index = work.back();
    work.pop_back();
    if (!is_productive_[index]) {
      continue;
    }
    const TableNode& node = tables_.nodes()[index];
    switch (node.kind) {
      case Kind::kRef:
        found.push_back(node.a);
        break;
      case Kind::kRepeat:
        if (node.b > 0) {
          work.push_back(index + 1);
        }
        break;
      case Kind::kSeq:
      case Kind::kChoice:
        for (std::uint32_t part = index + 1; part < node.end; part = tables_.nodes()[part].end) {
          work.push_back(part);
          if (node.kind == Kind::kSeq && !is_nullable_[part]) {
            break;
          }
        }
        break;
      default:
        break;
    }
  }
  return found;
}

void GrammarFacts::RefuseLeftRecursion() const {
  enum class Mark : std::uint8_t { kNew, kOpen, kDone };
  struct Visit {
    std::uint32_t rule;
    std::vector<std::uint32_t> uses;
  };
  std::vector<Mark> marks(tables_.rules().size(), Mark::kNew);
  std::vector<Visit> path;
  for (std::uint32_t rule = 0; rule < marks.size(); rule++) {
    if (marks[rule] != Mark::kNew) {
      continue;
    }
    marks[rule] = Mark::kOpen;
    path.push_back({rule, FirstRules(rule)});
    while (!path.empty()) {
      auto& [at, uses] = path.back();
      if (uses.empty()) {
        marks[at] = Mark::kDone;
        path.pop_back();
        continue;
      }
      const std::uint32_t used = uses.back();
      uses.pop_back();
      if (marks[used] == Mark::kOpen) {
        throw GrammarError("rule " + std::to_string(used) +
                           " of the grammar begins with itself (left recursion), which can't be followed");
      }
      if (marks[used] == Mark::kNew) {
        marks[used] = Mark::kOpen;
        path.push_back({used, FirstRules(used)});
      }
    }
  }
}

}  // namespace rowmill::grammar
