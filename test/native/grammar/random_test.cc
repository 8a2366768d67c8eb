// Random grammars over random vocabularies: every mask must hold exactly the tokens that the reference takes.
// Arguments: how many grammars, and the first seed.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "check.h"
#include "grammar/grammar_error.h"
#include "grammar/matching/token_matcher.h"
#include "piece.h"
#include "some_vocabulary.h"

namespace {

using namespace grammar_test;
using rowmill::grammar::GrammarError;
using rowmill::grammar::OpenGrammar;
using rowmill::grammar::TokenMatcher;

std::vector<std::string> RandomTokens(const TestGrammar& grammar, std::mt19937& random) {
  std::vector<std::string> tokens;
  for (const char* const piece : {"a", "b", "\"", "\\", "x", "{", "}", "u", "d", "8", "\xc3", "\xa9", "\xf0", "", "\", ",
                                  "\":", "aa", "aaa\"", "\\u00", "\\u", "005", "c", "1", "\\/", "\\n", "\xed", "\xa0", "\xe2\x82", "a\"b", "\\\"", "a"}) {
    tokens.emplace_back(piece);
  }
  for (int count = 0; count < 30; count++) {
    const std::string text = RandomText(grammar, random, 40);
    if (text.empty()) {
      continue;
    }
    const std::size_t at = random() % text.size();
    tokens.push_back(text.substr(at, 1 + random() % 7));
  }
  tokens.emplace_back("<end>");
  return tokens;
}

bool IsSet(std::span<const std::uint32_t> mask, std::uint32_t token) { return (mask[token >> 5] >> (token & 31) & 1) != 0; }

// Whether all masks on some ways through the grammar are right.
bool TestGrammarOf(std::uint32_t seed, std::size_t& judged) {
  std::mt19937 random(seed);
  const TestGrammar grammar = RandomGrammar(random);
  const std::vector<std::string> tokens = RandomTokens(grammar, random);
  const auto vocabulary = VocabularyOf(tokens);
  std::shared_ptr<rowmill::grammar::TokenGrammar> opened;
  // A small memory now and then, so that states are dropped on the way.
  const std::size_t memory = seed % 4 == 0 ? 1 : 1 << 26;
  try {
    opened = OpenGrammar(TablesOf(grammar), vocabulary, memory);
  } catch (const GrammarError&) {
    return true;
  }
  const Reference reference(grammar);
  for (int way = 0; way < 4; way++) {
    TokenMatcher matcher(opened);
    std::string text;
    const std::string goal = RandomText(grammar, random, 60);
    for (int step = 0; step < 12; step++) {
      const Reference::Verdict here = reference.Judge(text);
      if (matcher.IsAccepting() != here.is_whole) {
        std::printf("seed %u after \"%s\": %s\n", seed, text.c_str(), here.is_whole ? "may end" : "may not end");
        return false;
      }
      const auto mask = matcher.Mask();
      std::vector<std::uint32_t> allowed;
      std::vector<std::uint32_t> on_way;
      for (std::uint32_t token = 0; token < tokens.size(); token++) {
        const bool is_end = token + 1 == tokens.size();
        const bool expected = is_end ? here.is_whole
                                     : !tokens[token].empty() && reference.Judge(text + tokens[token]).is_prefix;
        judged++;
        if (IsSet(mask, token) != expected || matcher.Allows(token) != expected) {
          std::printf("seed %u after \"%s\": token \"%s\" is%s allowed\n", seed, text.c_str(), tokens[token].c_str(),
                      expected ? "" : " not");
          return false;
        }
        if (expected && !is_end) {
          allowed.push_back(token);
          if (goal.compare(0, text.size(), text) == 0 &&
              goal.compare(text.size(), tokens[token].size(), tokens[token]) == 0) {
            on_way.push_back(token);
          }
        }
      }
      if (allowed.empty()) {
        break;
      }
      const auto& from = !on_way.empty() && random() % 8 > 0 ? on_way : allowed;
      const std::uint32_t token = from[random() % from.size()];
      if (!matcher.Accept(token)) {
        return false;
      }
      text += tokens[token];
      if (step > 3 && random() % 6 == 0) {
        matcher.Rollback(1);
        text.resize(text.size() - tokens[token].size());
      }
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 500;
  const int first = argc > 2 ? std::atoi(argv[2]) : 1;
  std::size_t judged = 0;
  int ambiguous = 0;
  for (int seed = first; seed < first + count; seed++) {
    try {
      CHECK(TestGrammarOf(static_cast<std::uint32_t>(seed), judged));
    } catch (const GrammarError&) {
      ambiguous++;
    }
    if (grammar_test::failures > 5) {
      break;
    }
  }
  std::printf("%zu tokens judged, %d of %d grammars too ambiguous\n", judged, ambiguous, count);
  CHECK(ambiguous * 20 < count + 20);
  // A generator whose grammars are mostly refused would test nothing.
  CHECK(judged > static_cast<std::size_t>(count) * 100);
  if (grammar_test::failures == 0) {
    std::printf("all passed\n");
  }
  return grammar_test::failures == 0 ? 0 : 1;
}
