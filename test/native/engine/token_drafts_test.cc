// Tests of what finds the places that an output copies from, and of how many tokens are drafted. Run by test/native/tokenDrafts.test.ts, with sanitizers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include "../grammar/check.h"
#include "engine/drafting/draft_record.h"
#include "engine/drafting/prompt_lookup.h"

namespace {

using namespace rowmill::engine;

using Tokens = std::vector<std::int32_t>;

Tokens Found(const Tokens& text, std::uint32_t longest, std::uint32_t most) {
  const Continuation found = FindContinuation(text, longest, most);
  return {found.tokens.begin(), found.tokens.end()};
}

void PrefersTheLongestMatch() {
  CHECK((Found({1, 2, 3, 7, 9, 3, 8, 1, 2, 3}, 3, 2) == Tokens{7, 9}));
  CHECK((Found({1, 2, 3, 7, 9, 3, 8, 1, 2, 3}, 1, 2) == Tokens{8, 1}));
  CHECK(FindContinuation(Tokens{1, 2, 3, 7, 9, 3, 8, 1, 2, 3}, 3, 2).matched == 3);
  CHECK(FindContinuation(Tokens{5, 2, 3, 7, 9, 3, 8, 1, 2, 3}, 3, 2).matched == 2);
}

void PrefersTheLastOfEqualMatches() {
  CHECK((Found({4, 1, 4, 2, 4, 3, 4}, 1, 1) == Tokens{3}));
  CHECK((Found({6, 4, 1, 6, 4, 2, 9, 4, 3, 6, 4}, 3, 1) == Tokens{2}));
}

void EndsWithTheText() {
  CHECK((Found({1, 2, 1, 2}, 2, 8) == Tokens{1, 2}));
  CHECK((Found({7, 7, 7, 7}, 2, 8) == Tokens{7}));
}

void FindsNothing() {
  CHECK(Found({}, 3, 4).empty());
  CHECK(Found({1}, 3, 4).empty());
  CHECK(Found({1, 2, 3}, 3, 4).empty());
  CHECK(Found({1, 2, 1}, 0, 4).empty());
  CHECK(Found({1, 2, 1}, 3, 0).empty());
  CHECK(FindContinuation(Tokens{1, 2, 3}, 3, 4).matched == 0);
}

// As the definition says it: every place is compared, the last best one counts.
Continuation Defined(const Tokens& text, std::uint32_t longest, std::uint32_t most) {
  std::size_t best = 0;
  std::uint32_t matched = 0;
  for (std::size_t place = 1; place < text.size(); place++) {
    std::uint32_t common = 0;
    for (std::uint32_t size = 1; size <= longest && size <= place; size++) {
      bool is_same = true;
      for (std::uint32_t at = 0; at < size; at++) {
        is_same = is_same && text[place - size + at] == text[text.size() - size + at];
      }
      common = is_same ? size : common;
    }
    if (common > 0 && common >= matched) {
      best = place;
      matched = common;
    }
  }
  if (matched == 0) {
    return {};
  }
  const std::size_t count = std::min<std::size_t>(most, text.size() - best);
  return {.tokens = {text.data() + best, count}, .matched = matched};
}

void AgreesWithTheDefinition() {
  std::mt19937 random(8);
  for (int round = 0; round < 20'000; round++) {
    Tokens text(random() % 24);
    for (std::int32_t& token : text) {
      token = static_cast<std::int32_t>(random() % 3);
    }
    const std::uint32_t longest = random() % 5;
    const std::uint32_t most = random() % 6;
    const Continuation found = FindContinuation(text, longest, most);
    const Continuation defined = Defined(text, longest, most);
    CHECK(found.matched == defined.matched);
    CHECK(found.tokens.data() == defined.tokens.data() && found.tokens.size() == defined.tokens.size());
  }
}

// How many tokens a job drafts when each of them is right with some probability, and how many are.
struct Fared {
  std::uint64_t drafted = 0;
  std::uint64_t accepted = 0;
};

Fared Run(DraftRecord& record, std::uint32_t matched, std::uint32_t most, double chance, int drafts) {
  std::mt19937 random(4);
  std::bernoulli_distribution is_right(chance);
  Fared fared;
  for (int draft = 0; draft < drafts; draft++) {
    const std::uint32_t length = record.LengthFor(matched, most);
    CHECK(length <= most);
    std::uint32_t accepted = 0;
    while (accepted < length && is_right(random)) {
      accepted++;
    }
    if (length > 0) {
      record.Take(matched, accepted, accepted < length);
    }
    fared.drafted += length;
    fared.accepted += accepted;
  }
  return fared;
}

void DraftsWhatIsLikely() {
  DraftRecord record;
  Run(record, 2, 16, 0.97, 2000);
  CHECK(record.LengthFor(2, 16) == 16);
  CHECK(record.LengthFor(2, 5) == 5);
  CHECK(record.LengthFor(2, 0) == 0);
  Run(record, 3, 16, 0.8, 2000);
  CHECK(record.LengthFor(3, 16) >= 2 && record.LengthFor(3, 16) <= 4);
}

void HardlyDraftsWhatIsRefused() {
  DraftRecord record;
  const Fared fared = Run(record, 1, 16, 0.05, 16'000);
  CHECK(fared.drafted < 16'000 / 16 + 100);
  CHECK(fared.drafted >= 16'000 / 16 - 100);
  // Longer matches are on a record of their own.
  CHECK(record.LengthFor(3, 16) > 1);
}

void ComesBackWhenItPaysAgain() {
  DraftRecord record;
  Run(record, 1, 8, 0.02, 20'000);
  Run(record, 1, 8, 0.98, 20'000);
  CHECK(record.LengthFor(1, 8) == 8);
}

}  // namespace

int main() {
  PrefersTheLongestMatch();
  PrefersTheLastOfEqualMatches();
  EndsWithTheText();
  FindsNothing();
  AgreesWithTheDefinition();
  DraftsWhatIsLikely();
  HardlyDraftsWhatIsRefused();
  ComesBackWhenItPaysAgain();
  if (grammar_test::failures > 0) {
    return 1;
  }
  std::puts("all passed");
  return 0;
}
