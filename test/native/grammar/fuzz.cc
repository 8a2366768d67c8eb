// Feeds damaged and random tables to the grammar's reader and walks through what it takes: nothing may crash, hang or
// read outside. Arguments: how many inputs, and the first seed. A run of 10^6 takes minutes.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "check.h"
#include "grammar/grammar_error.h"
#include "grammar/matching/token_matcher.h"
#include "piece.h"
#include "some_vocabulary.h"

namespace {

using namespace grammar_test;
using namespace rowmill::grammar;

std::vector<std::uint32_t> RandomWords(std::mt19937& random) {
  std::vector<std::uint32_t> words = TablesOf(RandomGrammar(random));
  const auto value = [&]() -> std::uint32_t {
    switch (random() % 5) {
      case 0:
        return static_cast<std::uint32_t>(random() % 9);
      case 1:
        return static_cast<std::uint32_t>(random() % words.size());
      case 2:
        return 0xffffffff - static_cast<std::uint32_t>(random() % 3);
      case 3:
        return words[random() % words.size()];
      default:
        return static_cast<std::uint32_t>(random());
    }
  };
  for (std::size_t changes = random() % 6; changes > 0; changes--) {
    const std::size_t at = random() % words.size();
    switch (random() % 4) {
      case 0:
        words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), value());
        break;
      case 1:
        if (words.size() > 5) {
          words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
        }
        break;
      default:
        words[at] = value();
    }
  }
  return words;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 20000;
  const int first = argc > 2 ? std::atoi(argv[2]) : 1;
  std::vector<std::string> tokens = {"a", "b", "ab", "\"", "\\", "u00", "x", "{\"a\": ", "\xc3", "\xa9", "null", ", ",
                                     "\":", "aaaa", "\\ud8", "3d\\ude", "\xf0\x9f", "}\"", "<end>"};
  const auto vocabulary = VocabularyOf(tokens);
  int taken = 0;
  double slowest = 0;
  int slowest_seed = 0;
  for (int seed = first; seed < first + count; seed++) {
    std::mt19937 random(static_cast<std::uint32_t>(seed));
    const auto begin = std::chrono::steady_clock::now();
    try {
      const auto grammar = OpenGrammar(RandomWords(random), vocabulary, 1 << 20);
      taken++;
      TokenMatcher matcher(grammar);
      for (int step = 0; step < 6; step++) {
        const auto mask = matcher.Mask();
        const auto token = static_cast<std::uint32_t>(random() % tokens.size());
        const bool is_allowed = (mask[0] >> token & 1) != 0;
        CHECK(matcher.Allows(token) == is_allowed);
        CHECK(matcher.Accept(token) == is_allowed);
        matcher.ForcedBytes();
      }
    } catch (const GrammarError&) {
      // As it should be, with a reason.
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (seconds > slowest) {
      slowest = seconds;
      slowest_seed = seed;
    }
  }
  std::printf("%d of %d tables taken; slowest %.3f s (seed %d)\n", taken, count, slowest, slowest_seed);
  // Too few and nothing is walked through, too many and nothing is damaged.
  CHECK(count < 1000 || (taken * 20 > count && taken < count));
  if (grammar_test::failures == 0) {
    std::printf("all passed\n");
  }
  return grammar_test::failures == 0 ? 0 : 1;
}
