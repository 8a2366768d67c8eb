// Tests of what lies below the binding, next to random_test.cc. Run by test/native/grammar.test.ts, with sanitizers.
#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "check.h"
#include "grammar/grammar_error.h"
#include "grammar/matching/token_matcher.h"
#include "piece.h"
#include "some_vocabulary.h"
#include "toy_bpe.h"

namespace {

using namespace grammar_test;
using namespace rowmill::grammar;

const std::vector<std::string> kTokens = {"a", "b", "c", "\"", "{\"", "\":", "ab", "abc", "a\"", " ", "1", "12", "}",
                                          "", "ca", "bc", "<end>"};
constexpr std::uint32_t kEnd = 16;

std::shared_ptr<TokenGrammar> Open(const TestGrammar& grammar, std::size_t memory_bytes = 1 << 26) {
  return OpenGrammar(TablesOf(grammar), VocabularyOf(kTokens), memory_bytes);
}
std::shared_ptr<TokenGrammar> Open(Piece root) { return Open({.rules = {std::move(root)}, .automata = {}, .root = 0}); }

std::vector<std::string> Allowed(TokenMatcher& matcher) {
  std::vector<std::string> allowed;
  const auto mask = matcher.Mask();
  for (std::uint32_t token = 0; token < matcher.grammar().vocabulary().size(); token++) {
    if ((mask[token >> 5] >> (token & 31) & 1) != 0) {
      const auto bytes = matcher.grammar().vocabulary().BytesOf(token);
      allowed.emplace_back(bytes.begin(), bytes.end());
    }
  }
  return allowed;
}

bool AcceptAll(TokenMatcher& matcher, const std::vector<std::string>& texts) {
  return std::ranges::all_of(texts, [&](const std::string& text) {
    const auto found = std::ranges::find(kTokens, text);
    return matcher.Accept(static_cast<std::uint32_t>(found - kTokens.begin()));
  });
}

std::optional<std::string> RefusalOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const GrammarError& error) {
    return error.what();
  }
  return std::nullopt;
}

using Texts = std::vector<std::string>;

void TheEndIsAllowedExactlyWhereTheGrammarMayEnd() {
  TokenMatcher matcher(Open(Seq({Text("a"), Repeat(Text("b"), 0, 1)})));
  CHECK(!matcher.IsAccepting() && !matcher.Allows(kEnd) && !matcher.Accept(kEnd));
  CHECK((Allowed(matcher) == Texts{"a", "ab"}));
  CHECK(AcceptAll(matcher, {"a"}));
  CHECK(matcher.IsAccepting() && !matcher.MustEnd());
  CHECK((Allowed(matcher) == Texts{"b", "<end>"}));
  CHECK(AcceptAll(matcher, {"b"}));
  CHECK(matcher.IsAccepting() && matcher.MustEnd());
  CHECK((Allowed(matcher) == Texts{"<end>"}));
  CHECK(matcher.Accept(kEnd));
  CHECK(Allowed(matcher).empty() && !matcher.IsAccepting() && !matcher.Accept(kEnd));
  matcher.Rollback(1);
  CHECK(matcher.IsAccepting() && matcher.depth() == 2);
}

void ATokenThatIsRefusedChangesNothing() {
  TokenMatcher matcher(Open(Text("abc")));
  CHECK(AcceptAll(matcher, {"a"}));
  for (const std::uint32_t token : {0U, 13U, kEnd, 17U, 0xffffffffU}) {
    CHECK(!matcher.Allows(token) && !matcher.Accept(token));
  }
  CHECK((Allowed(matcher) == Texts{"b", "bc"}) && matcher.depth() == 1);
  CHECK(RefusalOf([&] { matcher.Rollback(2); }).has_value());
}

void ACopyOfAMatcherGoesItsOwnWay() {
  TokenMatcher matcher(Open(Choice({Text("ab"), Text("ac"), Text("b")})));
  CHECK(AcceptAll(matcher, {"a"}));
  TokenMatcher fork = matcher;
  CHECK(AcceptAll(matcher, {"b"}) && AcceptAll(fork, {"c"}));
  CHECK(matcher.MustEnd() && fork.MustEnd());
  fork.Rollback(2);
  CHECK((Allowed(fork) == Texts{"a", "b", "ab"}));
}

void WhatCanNotBeFollowedIsRefusedAtOnce() {
  const TestGrammar itself = {
      .rules = {Choice({Text("b"), Seq({Repeat(Text("a"), 0, 1), Ref(1)})}), Ref(0)}, .automata = {}, .root = 0};
  const auto left = RefusalOf([&] { Open(itself); });
  CHECK(left.has_value() && left->find("left recursion") != std::string::npos);
  CHECK(RefusalOf([] { Open(Seq({Text("a"), Choice({})})); })->find("matches no text") != std::string::npos);
  CHECK(RefusalOf([] { Open(Seq({Text("a"), Ref(0)})); }).has_value());
  CHECK(RefusalOf([] { Open(Repeat(Repeat(Text("a"), 0, 5), 2, 100000)); }).has_value());
  // A way that leads nowhere is not offered.
  TokenMatcher matcher(Open(Choice({Seq({Text("ab"), Choice({})}), Text("b")})));
  CHECK((Allowed(matcher) == Texts{"b"}));
}

void TablesThatAreCutOffAnywhereAreRefused() {
  const TestGrammar grammar = {
      .rules = {Seq({Text("{\"a\": "), String(0), Repeat(Chars({{0x61, 0x7a}}), 1, 3), Ref(1)}), StringLength(1, 5)},
      .automata = {{{true, {{0, 0x10ffff, 0}}}}},
      .root = 0};
  const auto words = TablesOf(grammar);
  const auto vocabulary = VocabularyOf(kTokens);
  for (std::size_t size = 0; size < words.size(); size++) {
    CHECK(RefusalOf([&] { OpenGrammar(std::span(words).first(size), vocabulary, 1 << 20); }).has_value());
  }
  CHECK(!RefusalOf([&] { OpenGrammar(words, vocabulary, 1 << 20); }).has_value());
}

void AVocabularyThatLiesOutsideItsBytesIsRefused() {
  const std::vector<std::uint8_t> bytes = {97, 98};
  const auto refusal = [&](std::vector<std::uint32_t> offsets, std::vector<std::uint32_t> ends) {
    return RefusalOf([&] { OpenVocabulary(bytes, offsets, ends); }).has_value();
  };
  CHECK(!refusal({0, 1, 2}, {1}));
  CHECK(refusal({0, 3}, {}) && refusal({1, 0}, {}) && refusal({0}, {}) && refusal({}, {}) && refusal({0, 1}, {1}));
}

void EqualGrammarsAreOneObjectForAsLongAsSomebodyHoldsIt() {
  const TestGrammar grammar = {.rules = {Text("abc")}, .automata = {}, .root = 0};
  std::weak_ptr<TokenGrammar> first;
  {
    const auto one = Open(grammar);
    first = one;
    CHECK(Open(grammar) == one);
    CHECK(Open(Text("abcd")) != one);
    TokenMatcher(one).Mask();
    CHECK(one->Stats().masks == 1);
  }
  CHECK(first.expired());
}

void RecursionAsDeepAsTheTextNeedsNoStackOfItsOwn() {
  // { … } nested, and a chain that calls itself at its end.
  const auto nested = Open({.rules = {Choice({Text("a"), Seq({Text("{\""), Ref(0), Text("}")})})}, .automata = {}});
  TokenMatcher matcher(nested);
  constexpr int kDepth = 5000;
  for (int depth = 0; depth < kDepth; depth++) {
    CHECK(AcceptAll(matcher, {"{\""}));
  }
  CHECK(AcceptAll(matcher, {"a"}));
  for (int depth = 0; depth < kDepth; depth++) {
    CHECK(!matcher.IsAccepting());
    CHECK(AcceptAll(matcher, {"}"}));
  }
  CHECK(matcher.MustEnd());
  const auto chain = Open({.rules = {Choice({Text("b"), Seq({Text("a"), Ref(0)})})}, .automata = {}});
  TokenMatcher follower(chain);
  for (int count = 0; count < 1000; count++) {
    CHECK(AcceptAll(follower, {"a"}));
  }
  CHECK(chain->Stats().states < 10);
}

void LongRepetitionsAreCountedAndShareTheirMasks() {
  const auto counted = Open(Seq({Repeat(Text("ab"), 2, 100000), Text("c")}));
  TokenMatcher matcher(counted);
  CHECK(AcceptAll(matcher, {"ab"}) && (Allowed(matcher) == Texts{"a", "ab", "abc"}));
  for (int round = 1; round < 3000; round++) {
    CHECK(AcceptAll(matcher, {"ab"}));
    CHECK((Allowed(matcher) == Texts{"a", "c", "ab", "abc"}));
  }
  CHECK(counted->Stats().masks < 40);
  const auto text = Open(StringLength(0, 50000));
  TokenMatcher within(text);
  CHECK(AcceptAll(within, {"\""}));
  for (int character = 0; character < 3000; character++) {
    CHECK(AcceptAll(within, {"a"}));
    CHECK(within.Mask()[0] != 0);
  }
  CHECK(text->Stats().masks < 40);
}

void MemoryThatIsUsedUpBeginsAnewAndEveryMatcherGoesOn() {
  const Piece value = Choice({StringLength(0, 300), Text("1"), Ref(0)});
  const TestGrammar grammar = {
      .rules = {Seq({Text("{\""), Repeat(Chars({{0x61, 0x63}}), 1, 400), Text("\":"), value, Text("}")})},
      .automata = {}};
  const auto roomy = Open(grammar);
  TokenMatcher expected(roomy);
  // Another object than the registry's, with next to no memory.
  const auto tight = std::make_shared<TokenGrammar>(TablesOf(grammar), VocabularyOf(kTokens), 1);
  TokenMatcher matcher(tight);
  TokenMatcher waiting(tight);
  CHECK(AcceptAll(waiting, {"{\""}));
  std::mt19937 random(7);
  CHECK(AcceptAll(matcher, {"{\""}) && AcceptAll(expected, {"{\""}));
  for (int step = 0; step < 350; step++) {
    CHECK(std::ranges::equal(matcher.Mask(), expected.Mask()));
    const std::string token = random() % 2 == 0 ? "a" : "b";
    CHECK(AcceptAll(matcher, {token}) && AcceptAll(expected, {token}));
  }
  CHECK(tight->Stats().renewals > 0);
  CHECK(tight->Stats().bytes < 1 << 20);
  matcher.Rollback(350);
  CHECK((Allowed(matcher) == Allowed(waiting)));
  CHECK((Allowed(waiting) == Texts{"a", "b", "c", "ab", "abc", "a\"", "ca", "bc"}));
}

void ForcedTextGoesUpToWhereThereIsAChoice() {
  TokenMatcher matcher(Open(Seq({Text("ab"), Choice({Text("ca"), Text("cb")}), Text("a")})));
  const auto text = [](const std::vector<std::uint8_t>& bytes) { return std::string(bytes.begin(), bytes.end()); };
  CHECK(text(matcher.ForcedBytes()) == "abc");
  CHECK(AcceptAll(matcher, {"abc"}) && matcher.ForcedBytes().empty());
  CHECK(AcceptAll(matcher, {"b"}) && text(matcher.ForcedBytes()) == "a");
  // Where the text may end nothing is forced.
  TokenMatcher optional(Open(Repeat(Text("a"), 0, 1)));
  CHECK(optional.ForcedBytes().empty());
  // A grammar that forces text without end is cut off.
  TokenMatcher endless(Open(Seq({Repeat(Text("a"), 5000, kNoEnd), Text("b")})));
  CHECK(!endless.ForcedBytes().empty() && endless.ForcedBytes().size() < 5000);
}

// Whatever the model would go on to write, the tokenizer would write it beginning with the forced tokens.
void ForcedTokensAreThoseOfEveryTextThatMayFollow() {
  std::mt19937 random(11);
  std::size_t forced = 0;
  for (int round = 0; round < 400; round++) {
    const ToyBpe bpe("abc", 12, random);
    std::vector<std::string> tokens = bpe.tokens();
    tokens.emplace_back("<end>");
    const auto word = [&] {
      std::string text;
      for (std::size_t size = 1 + random() % 5; text.size() < size;) {
        text += static_cast<char>('a' + random() % 3);
      }
      return text;
    };
    const TestGrammar grammar = {
        .rules = {Seq({Text(word() + word()), Choice({Text(word()), Text(word()), Text("")}), Text(word())})},
        .automata = {}};
    TokenMatcher matcher(OpenGrammar(TablesOf(grammar), VocabularyOf(tokens), 1 << 24));
    const Tokenizer tokenize = [&](std::span<const std::uint8_t> text) { return bpe.Encode(text); };
    const auto found = matcher.ForcedTokens(tokenize);
    const Reference reference(grammar);
    for (int sample = 0; sample < 12; sample++) {
      const std::string text = RandomText(grammar, random, 100);
      CHECK(reference.Judge(text).is_whole);
      const auto whole = bpe.Encode({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
      CHECK(found.size() <= whole.size() && std::equal(found.begin(), found.end(), whole.begin()));
    }
    for (const std::uint32_t token : found) {
      CHECK(matcher.Accept(token));
      forced++;
    }
  }
  // Most of what is forced can be told: the test says nothing otherwise.
  CHECK(forced > 400);
}

void TheOnlyTokenIsForcedWhateverTheTokenizerSays() {
  TokenMatcher matcher(Open(Seq({Choice({Text("1"), Text("12")}), Text(" b")})));
  const Tokenizer mute = [](std::span<const std::uint8_t> /*text*/) { return std::vector<std::uint32_t>{}; };
  CHECK(matcher.ForcedTokens(mute).empty());
  CHECK(AcceptAll(matcher, {"12"}));
  CHECK((matcher.ForcedTokens(mute) == std::vector<std::uint32_t>{9}));
  CHECK(AcceptAll(matcher, {" ", "b"}) && matcher.ForcedTokens(mute).empty());
}

// Whichever mask it is: of any string, of a counted one, of an automaton with many characters or with few.
void WhatNeedsNoEscapeIsWrittenAsItself() {
  const std::vector<std::string> tokens = {
      "\"",     "M",       "/",      "\xc3\xa9", "\\",      "\\u",    "\\u00",  "\\u004",  "\\u004d",
      "\\u00e", "\\u001f", "\\u002", "\\u0022",  "\\u0023", "\\u005", "\\u007", "\\u007e", "\\/",
      "\\n",    "\\\"",    "u",      "n",        "u004",    "u007f",  "<end>"};
  const auto vocabulary = VocabularyOf(tokens);
  const auto allowed_after = [&](Piece piece, std::vector<TestAutomaton> automata, const Texts& texts) {
    TokenMatcher matcher(OpenGrammar(
        TablesOf({.rules = {std::move(piece)}, .automata = std::move(automata), .root = 0}), vocabulary, 1 << 24));
    for (const std::string& text : texts) {
      CHECK(matcher.Accept(static_cast<std::uint32_t>(std::ranges::find(tokens, text) - tokens.begin())));
    }
    return Allowed(matcher);
  };
  const auto loop = [](std::vector<AutomatonState::Edge> edges) {
    return std::vector<TestAutomaton>{{{true, std::move(edges)}}};
  };
  Texts any = tokens;
  for (const char* const refused : {"\\u004", "\\u004d", "\\u0023", "\\u007e", "\\/", "<end>"}) {
    std::erase(any, refused);
  }
  CHECK(allowed_after(StringLength(0, kNoEnd), {}, {"\""}) == any);
  CHECK(allowed_after(StringLength(0, 9), {}, {"\""}) == any);
  CHECK(allowed_after(String(0), loop({{0, 0x10ffff, 0}}), {"\""}) == any);
  Texts not_controls = any;
  std::erase(not_controls, "\\u001f");
  std::erase(not_controls, "\\n");
  CHECK(allowed_after(String(0), loop({{0x20, 0x10ffff, 0}}), {"\""}) == not_controls);
  // After a backslash another one makes a character, and whatever comes behind it is plain.
  Texts in_escape = tokens;
  for (const char* const refused : {"M", "/", "\xc3\xa9", "u004", "<end>"}) {
    std::erase(in_escape, refused);
  }
  CHECK(allowed_after(StringLength(0, kNoEnd), {}, {"\"", "\\"}) == in_escape);
  CHECK(allowed_after(StringLength(0, 9), {}, {"\"", "\\"}) == in_escape);
  CHECK(allowed_after(String(0), loop({{0, 0x10ffff, 0}}), {"\"", "\\"}) == in_escape);
  CHECK(allowed_after(String(0), loop({{0, 0xfff, 0}}), {"\"", "\\"}) == in_escape);
  // Where no character has an escape, no backslash is offered, nor one more digit than leads to a character.
  CHECK((allowed_after(String(0), loop({{'/', '/', 0}, {'M', 'M', 0}}), {"\""}) == Texts{"\"", "M", "/"}));
  CHECK((allowed_after(String(0), loop({{'M', 'M', 0}, {0xe9, 0xe9, 0}}), {"\""}) ==
         Texts{"\"", "M", "\xc3\xa9", "\\", "\\u", "\\u00", "\\u00e"}));
  CHECK((allowed_after(String(0), loop({{' ', '/', 0}}), {"\""}) ==
         Texts{"\"", "/", "\\", "\\u", "\\u00", "\\u002", "\\u0022", "\\\""}));
}

void ManyThreadsShareOneGrammar() {
  const Piece member = Seq({Choice({Text("{\"a\":"), Text("{\"b\":"), Seq({Text("{"), String(0), Text(":")})}),
                            Choice({StringLength(0, 40), Repeat(Chars({{0x30, 0x39}}), 1, 30), Ref(0)}), Text("}")});
  const TestGrammar grammar = {
      .rules = {member}, .automata = {{{true, {{0, 0x60, 0}, {0x61, 0x61, 1}, {0x62, 0x10ffff, 0}}}, {false, {{0, 0x10ffff, 0}}}}}};
  const auto serial = std::make_shared<TokenGrammar>(TablesOf(grammar), VocabularyOf(kTokens), 1 << 26);
  for (const std::size_t memory : {std::size_t{1}, std::size_t{1} << 26}) {
    const auto shared = std::make_shared<TokenGrammar>(TablesOf(grammar), VocabularyOf(kTokens), memory);
    std::atomic<int> differences = 0;
    std::vector<std::thread> threads;
    for (unsigned seed = 0; seed < 4; seed++) {
      threads.emplace_back([&, seed] {
        std::mt19937 random(seed);
        for (int row = 0; row < 30; row++) {
          TokenMatcher matcher(shared);
          TokenMatcher expected(serial);
          for (int step = 0; step < 40; step++) {
            if (!std::ranges::equal(matcher.Mask(), expected.Mask())) {
              differences++;
            }
            std::vector<std::uint32_t> allowed;
            for (std::uint32_t token = 0; token < kTokens.size(); token++) {
              if (expected.Allows(token)) {
                allowed.push_back(token);
              }
            }
            if (allowed.empty()) {
              break;
            }
            const std::uint32_t token = allowed[random() % allowed.size()];
            if (!matcher.Accept(token) || !expected.Accept(token)) {
              differences++;
              break;
            }
          }
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    CHECK(differences == 0);
  }
}

void AMaskIsMadeOnceForAllMatchers() {
  const auto grammar = std::make_shared<TokenGrammar>(
      TablesOf({.rules = {Seq({Text("{\""), Choice({Text("ab"), Text("ca")}), Text("}")})}, .automata = {}}),
      VocabularyOf(kTokens), 1 << 26);
  TokenMatcher first(grammar);
  CHECK(AcceptAll(first, {"{\""}));
  CHECK(grammar->Stats().masks == 0);
  CHECK((Allowed(first) == Texts{"a", "c", "ab", "ca"}));
  CHECK(grammar->Stats().masks == 1);
  TokenMatcher second(grammar);
  CHECK(AcceptAll(second, {"{\""}));
  CHECK((Allowed(second) == Texts{"a", "c", "ab", "ca"}));
  CHECK(grammar->Stats().masks == 1);
}

}  // namespace

int main() {
  TheEndIsAllowedExactlyWhereTheGrammarMayEnd();
  ATokenThatIsRefusedChangesNothing();
  ACopyOfAMatcherGoesItsOwnWay();
  WhatCanNotBeFollowedIsRefusedAtOnce();
  TablesThatAreCutOffAnywhereAreRefused();
  AVocabularyThatLiesOutsideItsBytesIsRefused();
  EqualGrammarsAreOneObjectForAsLongAsSomebodyHoldsIt();
  RecursionAsDeepAsTheTextNeedsNoStackOfItsOwn();
  LongRepetitionsAreCountedAndShareTheirMasks();
  MemoryThatIsUsedUpBeginsAnewAndEveryMatcherGoesOn();
  ForcedTextGoesUpToWhereThereIsAChoice();
  ForcedTokensAreThoseOfEveryTextThatMayFollow();
  TheOnlyTokenIsForcedWhateverTheTokenizerSays();
  WhatNeedsNoEscapeIsWrittenAsItself();
  ManyThreadsShareOneGrammar();
  AMaskIsMadeOnceForAllMatchers();
  if (grammar_test::failures == 0) {
    std::printf("all passed\n");
  }
  return grammar_test::failures == 0 ? 0 : 1;
}
