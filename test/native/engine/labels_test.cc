// Tests of what finds and scores the labels of an output's fields. Run by test/native/labels.test.ts, with sanitizers.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "../grammar/check.h"
#include "engine/scoring/json_place.h"
#include "engine/scoring/label_tree.h"

namespace {

using namespace rowmill::engine;

using Path = std::vector<std::vector<std::string>>;

// What stands at the value, or "" where there is none.
std::string Rest(const std::string& json, const Path& path) {
  const auto place = FindJsonValue(json, path);
  return place ? json.substr(*place) : "";
}

void FindsValues() {
  const Path a = {{"\"a\""}};
  const Path ab = {{"\"a\""}, {"\"b\""}};
  CHECK(Rest(R"({"a": 1})", a) == "1}");
  CHECK(Rest("{ \n\"a\"\t:\r \"x\" }", a) == "\"x\" }");
  CHECK(Rest(R"({"x":{"a":1,"y":[{"a":2}]},"a":3})", a) == "3}");
  CHECK(Rest(R"({"x":"\"a\": 1, }]","a":3})", a) == "3}");
  CHECK(Rest(R"({"x":"\\","a":{"a":{"b":1},"b":null}})", ab) == "null}}");
  CHECK(Rest(R"({"b":1,"a":[{"b":2}]})", ab).empty());
  CHECK(Rest(R"({"b":{"a":1}})", a).empty());
  CHECK(Rest("[1]", a).empty());
  CHECK(Rest("{}", a).empty());
  CHECK(Rest("  true", {}) == "true");
  CHECK(Rest("  ", {}).empty());
  const Path spelled = {{"\"\xc3\xa9\"", R"("\u00e9")"}};
  CHECK(Rest(R"({"\u00e9":7})", spelled) == "7}");
  CHECK(Rest("{\"\xc3\xa9\":7}", spelled) == "7}");
}

// Text that ends too early, or is no JSON, has no value that lies behind its end.
void StaysWithinBrokenText() {
  const std::string whole = R"({"x\"\\": [true, {"é": "a}\\"}], "a": {"y": -1.5e3, "b": "z"}})";
  const Path ab = {{"\"a\""}, {"\"b\""}};
  CHECK(Rest(whole, ab) == "\"z\"}}");
  for (std::size_t length = 0; length <= whole.size(); length++) {
    const std::string cut(whole, 0, length);
    const auto place = FindJsonValue(cut, ab);
    CHECK(!place || *place < cut.size());
    for (const char wrong : {'"', '\\', '{', '}', ',', ':', ' '}) {
      std::string broken = cut;
      broken.insert(length / 2, 1, wrong);
      const auto other = FindJsonValue(broken, ab);
      CHECK(!other || *other < broken.size());
    }
  }
}

TokenSet Set(std::vector<std::int32_t> tokens) {
  return std::make_shared<const std::vector<std::int32_t>>(std::move(tokens));
}

// Three labels over a vocabulary of four: "0 1", "0" and "2 2", ended by 3; the last also by 1 behind its first token.
void ScoresSharedBeginnings() {
  const TokenSet end = Set({3});
  const std::vector<Label> labels = {{.tokens = {0, 1}, .ends = {{.depth = 2, .tokens = end}}},
                                     {.tokens = {0}, .ends = {{.depth = 1, .tokens = end}}},
                                     {.tokens = {2, 2},
                                      .ends = {{.depth = 1, .tokens = Set({1})}, {.depth = 2, .tokens = end}}}};
  const LabelTree tree(labels);
  CHECK(tree.labels() == 3);
  CHECK(tree.nodes().size() == 5);
  CHECK(tree.stretches().size() == 2);
  // Behind every node the probabilities 0.1, 0.2, 0.3 and 0.4.
  const std::vector<float> logits = {std::log(0.1F), std::log(0.2F), std::log(0.3F), std::log(0.4F)};
  LabelScores scores(tree);
  scores.Take(LabelTree::kRoot, logits);
  for (const LabelTree::Stretch& stretch : tree.stretches()) {
    for (const std::uint32_t node : stretch.nodes) {
      scores.Take(node, logits);
    }
  }
  const auto is_near = [](double one, double other) { return std::abs(std::exp(one) - other) < 1e-6; };
  CHECK(is_near(scores.logprobs()[0], 0.1 * 0.2 * 0.4));
  CHECK(is_near(scores.logprobs()[1], 0.1 * 0.4));
  CHECK(is_near(scores.logprobs()[2], 0.3 * 0.2 + 0.3 * 0.3 * 0.4));
}

}  // namespace

int main() {
  FindsValues();
  StaysWithinBrokenText();
  ScoresSharedBeginnings();
  if (grammar_test::failures > 0) {
    return 1;
  }
  std::puts("all passed");
  return 0;
}
