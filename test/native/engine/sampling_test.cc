// Tests of the sampler, against reference_sampler.cc among others. Run by test/native/sampling.test.ts, with
// sanitizers. `sampling_test 20000` tries that many random cases; `sampling_test --bench` prints times
// instead.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>

#include "../grammar/check.h"
#include "engine/sampling/kernels.h"
#include "engine/sampling/logits.h"
#include "engine/sampling/row_random.h"
#include "engine/sampling/token_sampler.h"
#include "random_draws.h"
#include "reference_sampler.h"

namespace {

using namespace rowmill::engine;
using namespace sampling_test;

constexpr std::uint32_t kLargeVocabulary = 151'936;

struct Tally {
  int cases = 0;
  // Where another token than the reference's was chosen, which the reference chooses for nearly the same
  // draw.
  int at_borders = 0;
};

void TryOne(Dice& dice, TokenSampler& sampler, TokenCounts& counts, std::size_t size, Tally& tally) {
  Draw draw;
  draw.logits = SomeLogits(dice, size);
  draw.settings = SomeSettings(dice);
  const std::vector<std::uint32_t> mask = SomeMask(dice, size);
  draw.allowed = AllowedBy(mask, size);
  draw.prompt = SomeTokens(dice, size);
  draw.output = SomeTokens(dice, size);
  const std::uint32_t seed = dice.Below(0xffffffff);
  const std::uint64_t position = dice.Below(100'000);
  draw.uniform = UniformAt(seed, position);
  counts.Reset();
  counts.AddPrompt(draw.prompt);
  std::ranges::for_each(draw.output, [&](std::int32_t token) { counts.AddOutput(token); });
  const std::uint32_t chosen = sampler.Choose(draw.logits, mask, draw.settings, &counts, seed, position);
  const std::uint32_t expected = ChooseByReference(draw).value_or(kNoToken);
  tally.cases++;
  if (chosen != expected) {
    tally.at_borders++;
    const bool is_near = ChoicesNearby(draw, 3e-6).contains(chosen);
    CHECK(is_near);
    if (!is_near) {
      std::printf(
          "  %zu tokens, chose %u, not %u; temperature %g, top_p %g, top_k %u, min_p %g, drawn %.17g\n", size,
          chosen, expected, draw.settings.temperature, draw.settings.top_p, draw.settings.top_k,
          draw.settings.min_p, draw.uniform);
    }
  }
}

void TheTokenIsTheReferencesWhateverTheSettings(int cases) {
  Dice dice(1);
  Tally tally;
  for (int i = 0; i < cases; i++) {
    const std::size_t size = dice.Chance(0.5) ? 1 + dice.Below(5000) : 1 + dice.Below(40);
    TokenSampler sampler(static_cast<std::uint32_t>(size));
    TokenCounts counts(static_cast<std::uint32_t>(size));
    TryOne(dice, sampler, counts, size, tally);
  }
  std::printf("%d of %d draws lay at a border\n", tally.at_borders, tally.cases);
  CHECK(tally.at_borders * 1000 <= tally.cases);
}

void TheTokenOfALargeVocabularyIsTheReferencesToo(int cases) {
  Dice dice(2);
  Tally tally;
  TokenSampler sampler(kLargeVocabulary);
  TokenCounts counts(kLargeVocabulary);
  for (int i = 0; i < cases; i++) {
    TryOne(dice, sampler, counts, kLargeVocabulary, tally);
  }
  std::printf("%d of %d draws from a large vocabulary lay at a border\n", tally.at_borders, tally.cases);
  // A flat distribution of 150,000 tokens has a border every 7e-6.
  CHECK(tally.at_borders * 20 <= tally.cases);
}

void TheGreedyTokenIsTheLowestOfTheLargest() {
  CHECK(ArgMax(std::vector<float>{1, 3, 3, 2}, {}) == 1);
  CHECK(ArgMax(std::vector<float>{1, 3, 3, 2}, std::vector<std::uint32_t>{0b1101}) == 2);
  CHECK(ArgMax(std::vector<float>{kNan, -5, kNan}, {}) == 1);
  CHECK(ArgMax(std::vector<float>{-0.0F, 0.0F}, {}) == 0);
  CHECK(ArgMax(std::vector<float>{kNan, -kInfinity, -kInfinity}, {}) == 1);
  CHECK(ArgMax(std::vector<float>{-1, kInfinity}, {}) == 1);
  CHECK(ArgMax(std::vector<float>{kNan, kNan}, {}) == kNoToken);
  CHECK(ArgMax(std::vector<float>{1, 2}, std::vector<std::uint32_t>{0}) == kNoToken);
  CHECK(ArgMax({}, {}) == kNoToken);
  // The mask ends before the largest logit.
  std::vector<float> logits(40, 0);
  logits[35] = 1;
  CHECK(ArgMax(logits, std::vector<std::uint32_t>{0xfffffff0}) == 4);
}

void AnEqualOfTheKthTokenIsKept() {
  TokenSampler sampler(4);
  const std::vector<float> logits = {0, 2, 1, 1};
  std::array<int, 4> drawn{};
  for (std::uint64_t position = 0; position < 200; position++) {
    drawn[sampler.Choose(logits, {}, {.top_k = 2}, nullptr, 7, position)]++;
  }
  CHECK(drawn[0] == 0 && drawn[1] > 0 && drawn[2] > 0 && drawn[3] > 0);
}

void TheTokenThatCrossesTopPIsKept() {
  TokenSampler sampler(3);
  // 1/2, 1/4, 1/4.
  const std::vector<float> logits = {std::log(2.0F), 0, 0};
  const auto kept = [&](float top_p) {
    std::set<std::uint32_t> tokens;
    for (std::uint64_t position = 0; position < 200; position++) {
      tokens.insert(sampler.Choose(logits, {}, {.top_p = top_p}, nullptr, 7, position));
    }
    return tokens;
  };
  CHECK((kept(0.0F) == std::set<std::uint32_t>{0}));
  CHECK((kept(0.49F) == std::set<std::uint32_t>{0}));
  CHECK((kept(0.51F) == std::set<std::uint32_t>{0, 1}));
  CHECK((kept(0.76F) == std::set<std::uint32_t>{0, 1, 2}));
}

void PenaltiesCountTheOutputAndRepetitionThePromptToo() {
  TokenSampler sampler(4);
  TokenCounts counts(4);
  const std::vector<float> logits = {4, 3.5F, 3, -1};
  const auto greedy = [&](const SamplingSettings& settings) {
    return sampler.Choose(logits, {}, settings, &counts, 0, 0);
  };
  const SamplingSettings presence = {.temperature = 0, .presence_penalty = 0.8F};
  const SamplingSettings frequency = {.temperature = 0, .frequency_penalty = 0.3F};
  const SamplingSettings repetition = {.temperature = 0, .repetition_penalty = 1.2F};
  counts.AddPrompt(std::vector<std::int32_t>{0, 0, 99, -1});
  CHECK(greedy(presence) == 0 && greedy(frequency) == 0 && greedy(repetition) == 1);
  counts.AddOutput(0);
  CHECK(greedy(presence) == 1 && greedy(frequency) == 0);
  counts.AddOutput(0);
  CHECK(greedy(presence) == 1 && greedy(frequency) == 1);
  counts.RemoveOutput(0);
  CHECK(greedy(presence) == 1 && greedy(frequency) == 0);
  counts.RemoveOutput(0);
  counts.RemoveOutput(0);
  CHECK(greedy(presence) == 0 && greedy(frequency) == 0 && greedy(repetition) == 1);
  counts.Reset();
  CHECK(greedy(repetition) == 0 && counts.entries().empty());
  counts.AddOutput(2);
  CHECK(greedy({.temperature = 0, .presence_penalty = -2}) == 2);
  CHECK(sampler.Choose(logits, std::vector<std::uint32_t>{0b1010}, {.temperature = 0, .presence_penalty = -2},
                       &counts, 0, 0) == 1);
}

void ADrawDependsOnItsSeedAndPositionAlone() {
  Dice dice(3);
  TokenSampler busy(3000);
  TokenCounts counts(3000);
  Tally tally;
  for (int i = 0; i < 200; i++) {
    const std::vector<float> logits = SomeLogits(dice, 3000);
    const std::vector<float> before = logits;
    SamplingSettings settings = SomeSettings(dice);
    const auto seed = static_cast<std::uint32_t>(i);
    const std::uint32_t chosen = busy.Choose(logits, {}, settings, nullptr, seed, 5);
    CHECK(std::memcmp(logits.data(), before.data(), logits.size() * sizeof(float)) == 0);
    TryOne(dice, busy, counts, 1 + dice.Below(3000), tally);
    CHECK(busy.Choose(logits, {}, settings, nullptr, seed, 5) == chosen);
    CHECK(TokenSampler(3000).Choose(logits, {}, settings, nullptr, seed, 5) == chosen);
  }
}

void TokensAreDrawnAsOftenAsTheirProbabilitySays() {
  constexpr int kDraws = 20'000;
  const std::vector<float> logits = {1, -kInfinity, 0.5F, 2, -1, 3, kNan, 0};
  TokenSampler sampler(8);
  for (const SamplingSettings& settings :
       {SamplingSettings{}, SamplingSettings{.temperature = 0.7F, .top_k = 5},
        SamplingSettings{.min_p = 1e-6F}}) {
    std::array<int, 8> drawn{};
    for (int i = 0; i < kDraws; i++) {
      drawn[sampler.Choose(logits, {}, settings, nullptr, static_cast<std::uint32_t>(i % 100), i / 100)]++;
    }
    double total = 0;
    const auto weight = [&](std::size_t token) {
      const bool is_kept = !std::isnan(logits[token]) && (settings.top_k == 0 || logits[token] >= 0);
      return is_kept ? std::exp(logits[token] / settings.temperature) : 0;
    };
    for (std::size_t token = 0; token < 8; token++) {
      total += weight(token);
    }
    for (std::size_t token = 0; token < 8; token++) {
      const double expected = kDraws * weight(token) / total;
      CHECK(std::abs(drawn[token] - expected) <= 4.5 * std::sqrt(expected));
    }
  }
}

// Known answers of Random123 1.14.0, tests/kat_vectors, "philox4x32 10".
void PhiloxGivesItsAuthorsNumbers() {
  using Words = std::array<std::uint32_t, 4>;
  constexpr std::uint32_t kOnes = 0xffffffff;
  CHECK((Philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  CHECK((Philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
         Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK((Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
         Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

void NumbersDrawnAreUniformAlongPositionsAndSeeds() {
  CHECK(UniformAt(0, 0) ==
        static_cast<double>((std::uint64_t{0x6627e8d5} << 21) | (0xe169c58d >> 11)) * 0x1p-53);
  CHECK(UniformAt(1, 0) != UniformAt(0, 1) && UniformAt(0, 0) != UniformAt(0, std::uint64_t{1} << 32));
  constexpr int kDraws = 20'000;
  constexpr int kBins = 100;
  for (const bool along_seeds : {false, true}) {
    // Pairs of neighbours are counted, so that a number does not tell the next one.
    std::array<int, kBins> bins{};
    double previous = 0;
    for (int i = 0; i < kDraws; i++) {
      const double number = along_seeds ? UniformAt(static_cast<std::uint32_t>(i), 3) : UniformAt(3, i);
      CHECK(number >= 0 && number < 1);
      bins[static_cast<std::size_t>(number * 10) * 10 + static_cast<std::size_t>(previous * 10)]++;
      previous = number;
    }
    double chi_squared = 0;
    for (const int count : bins) {
      const double difference = count - static_cast<double>(kDraws) / kBins;
      chi_squared += difference * difference / (static_cast<double>(kDraws) / kBins);
    }
    // 99 degrees of freedom: 5 standard deviations.
    CHECK(std::abs(chi_squared - 99) < 5 * std::sqrt(2 * 99.0));
  }
}

void WeightsAreExponentialsToAMillionth() {
  std::array<float, kBlockTokens> weights;
  double worst = 0;
  for (int i = 0; i < 2000; i++) {
    std::vector<float> logits(kBlockTokens);
    for (std::size_t lane = 0; lane < kBlockTokens; lane++) {
      logits[lane] = static_cast<float>(-87.0 * (i * kBlockTokens + lane) / (2000.0 * kBlockTokens));
    }
    FastestKernels().weigh_block({.logits = logits, .mask = {}}, 0, {}, weights.data());
    for (std::size_t lane = 0; lane < kBlockTokens; lane++) {
      worst = std::max(worst, std::abs(weights[lane] / std::exp(double{logits[lane]}) - 1));
    }
  }
  std::printf("weights differ from exp by at most %.2g\n", worst);
  CHECK(worst < 1e-6);
  const std::vector<float> logits = {0, -88, -1e30F, -kInfinity, kNan};
  FastestKernels().weigh_block({.logits = logits, .mask = {}}, 0, {}, weights.data());
  CHECK(weights[0] == 1 &&
        std::all_of(weights.begin() + 1, weights.end(), [](float weight) { return weight == 0; }));
}

void TheLogarithmOfTheSumIsAccurateToAMillionth(int cases) {
  Dice dice(4);
  for (int i = 0; i < cases; i++) {
    const std::size_t size = i % 50 == 0 ? kLargeVocabulary : 1 + dice.Below(3000);
    const std::vector<float> logits = SomeLogits(dice, size);
    const std::vector<std::uint32_t> mask = SomeMask(dice, size);
    const double expected = LogSumExpByReference(logits, AllowedBy(mask, size));
    const double sum = LogSumExp(logits, mask);
    CHECK(sum == expected || std::abs(sum - expected) < 1e-6);
  }
  CHECK(LogSumExp({}) == -kInfinity);
  CHECK(LogSumExp(std::vector<float>{1, 2}, std::vector<std::uint32_t>{0}) == -kInfinity);
  const std::vector<float> logits = {1, 2, 3};
  CHECK(std::abs(LogProbability(logits, 0) - (1 - std::log(std::exp(1) + std::exp(2) + std::exp(3)))) < 1e-6);
}

void EveryKindOfProcessorComputesTheSameBits(int cases) {
  Dice dice(5);
  const Kernels& portable = SupportedKernels()[0];
  for (const Kernels& kernels : SupportedKernels()) {
    std::printf("passes for this processor: %s\n", kernels.name);
    for (int i = 0; i < cases; i++) {
      const std::size_t size = 1 + dice.Below(3000);
      const std::vector<float> logits = SomeLogits(dice, size);
      const std::vector<std::uint32_t> mask = SomeMask(dice, size);
      const MaskedLogits row = {.logits = logits, .mask = mask};
      const std::size_t blocks = BlocksOf(size);
      std::vector<float> maxima(blocks);
      std::vector<float> other_maxima(blocks);
      const Peak peak = kernels.find_peak(row, maxima.data());
      const Peak other_peak = portable.find_peak(row, other_maxima.data());
      CHECK(peak.logit == other_peak.logit && peak.block == other_peak.block && maxima == other_maxima);
      if (std::isinf(peak.logit)) {
        continue;
      }
      const Weighing weighing = {.maximum = peak.logit, .inverse_temperature = 1 / 0.7F};
      std::vector<double> sums(blocks);
      std::vector<double> other_sums(blocks);
      CHECK(kernels.sum_weights(row, weighing, sums.data()) ==
            portable.sum_weights(row, weighing, other_sums.data()));
      CHECK(sums == other_sums);
      std::vector<Candidate> some(size);
      std::vector<Candidate> others(size);
      const float threshold = peak.logit - 3;
      some.resize(kernels.collect(row, maxima.data(), threshold, some.data()));
      others.resize(portable.collect(row, maxima.data(), threshold, others.data()));
      kernels.weigh(some, weighing);
      portable.weigh(others, weighing);
      CHECK(std::ranges::equal(some, others, [](const Candidate& a, const Candidate& b) {
        return a.key == b.key && a.weight == b.weight;
      }));
    }
  }
}

template <typename Call>
void Measure(const char* name, Call call) {
  std::vector<double> times;
  for (std::uint64_t i = 0; i < 400; i++) {
    const auto start = std::chrono::steady_clock::now();
    call(i);
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(times);
  std::printf("%-52s %8.1f µs (fastest %.1f)\n", name, times[times.size() / 2], times[0]);
}

// Medians of one thread at a vocabulary of 151,936, with logits that fall off as a language model's do.
void Bench() {
  Dice dice(6);
  std::vector<float> logits(kLargeVocabulary);
  std::ranges::generate(
      logits, [&] { return dice.Normal() * 2.5F - static_cast<float>(4 * std::log(dice.Uniform() + 1e-9)); });
  std::vector<std::uint32_t> dense(kLargeVocabulary / 32);
  std::vector<std::uint32_t> sparse(dense.size());
  std::ranges::generate(dense, [&] { return dice.Below(0xffffffff); });
  for (int i = 0; i < 50; i++) {
    sparse[dice.Below(static_cast<std::uint32_t>(sparse.size()))] |= 1U << dice.Below(32);
  }
  TokenSampler sampler(kLargeVocabulary);
  TokenCounts counts(kLargeVocabulary);
  for (int i = 0; i < 500; i++) {
    counts.AddOutput(static_cast<std::int32_t>(dice.Below(kLargeVocabulary)));
  }
  volatile double sink = 0;
  const auto choose = [&](const char* name, const SamplingSettings& settings,
                          std::span<const std::uint32_t> mask = {}) {
    Measure(name, [&](std::uint64_t i) { sink = sampler.Choose(logits, mask, settings, &counts, 1, i); });
  };
  std::printf("passes: %s\n", FastestKernels().name);
  Measure("ArgMax", [&](std::uint64_t) { sink = ArgMax(logits, {}); });
  Measure("ArgMax, half allowed", [&](std::uint64_t) { sink = ArgMax(logits, dense); });
  Measure("ArgMax, 50 tokens allowed", [&](std::uint64_t) { sink = ArgMax(logits, sparse); });
  Measure("LogSumExp", [&](std::uint64_t) { sink = LogSumExp(logits); });
  choose("Choose: greedy, penalties", {.temperature = 0, .repetition_penalty = 1.1F});
  choose("Choose: temperature 0.7", {.temperature = 0.7F});
  choose("Choose: temperature 0.7, top_k 40", {.temperature = 0.7F, .top_k = 40});
  choose("Choose: temperature 0.7, top_k 2000", {.temperature = 0.7F, .top_k = 2000});
  choose("Choose: temperature 0.7, top_p 0.9", {.temperature = 0.7F, .top_p = 0.9F});
  choose("Choose: temperature 0.7, top_p 0.9, top_k 40", {.temperature = 0.7F, .top_p = 0.9F, .top_k = 40});
  choose("Choose: … half allowed", {.temperature = 0.7F, .top_p = 0.9F, .top_k = 40}, dense);
  choose("Choose: … 50 tokens allowed", {.temperature = 0.7F, .top_p = 0.9F, .top_k = 40}, sparse);
  choose("Choose: … penalties",
         {.temperature = 0.7F, .top_p = 0.9F, .top_k = 40, .repetition_penalty = 1.1F});
  choose("Choose: temperature 0.7, min_p 0.05", {.temperature = 0.7F, .min_p = 0.05F});
  choose("Choose: temperature 5, top_p 0.95 (flat)", {.temperature = 5, .top_p = 0.95F});
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "--bench") == 0) {
    Bench();
    return 0;
  }
  const int cases = count > 1 ? std::atoi(arguments[1]) : 3000;
  TheGreedyTokenIsTheLowestOfTheLargest();
  AnEqualOfTheKthTokenIsKept();
  TheTokenThatCrossesTopPIsKept();
  PenaltiesCountTheOutputAndRepetitionThePromptToo();
  ADrawDependsOnItsSeedAndPositionAlone();
  TokensAreDrawnAsOftenAsTheirProbabilitySays();
  PhiloxGivesItsAuthorsNumbers();
  NumbersDrawnAreUniformAlongPositionsAndSeeds();
  WeightsAreExponentialsToAMillionth();
  TheLogarithmOfTheSumIsAccurateToAMillionth(cases / 10);
  EveryKindOfProcessorComputesTheSameBits(cases / 10);
  TheTokenIsTheReferencesWhateverTheSettings(cases);
  TheTokenOfALargeVocabularyIsTheReferencesToo(cases / 100);
  if (grammar_test::failures == 0) {
    std::printf("all passed\n");
  }
  return grammar_test::failures == 0 ? 0 : 1;
}
