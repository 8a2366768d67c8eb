#include "reference_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sampling_test {

namespace {

struct Choice {
  std::uint32_t token;
  double logit;
  double weight = 0;
};

std::vector<float> Penalise(const Draw& draw) {
  std::vector<float> logits = draw.logits;
  for (std::size_t token = 0; token < logits.size(); token++) {
    const auto id = static_cast<std::int32_t>(token);
    const auto outputs = std::ranges::count(draw.output, id);
    if (outputs > 0 || std::ranges::find(draw.prompt, id) != draw.prompt.end()) {
      const float penalty = draw.settings.repetition_penalty;
      logits[token] = logits[token] > 0 ? logits[token] / penalty : logits[token] * penalty;
    }
    if (outputs > 0) {
      logits[token] -= draw.settings.frequency_penalty * static_cast<float>(outputs);
      logits[token] -= draw.settings.presence_penalty;
    }
  }
  return logits;
}

// Gives each its exp(logit / temperature), relative to the largest. Not divided by the sum: the weights of
// equal logits stay exactly equal to 1, and so is clear what top_p keeps of them.
// @returns the sum
double Weigh(std::vector<Choice>& choices, double temperature) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const Choice& choice : choices) {
    largest = std::max(largest, choice.logit);
  }
  double total = 0;
  for (Choice& choice : choices) {
    choice.weight = std::exp((choice.logit - largest) / temperature);
    total += choice.weight;
  }
  return total;
}

std::optional<std::uint32_t> Choose(const Draw& draw, const std::vector<float>& logits, double uniform,
                                    double top_p, double min_p) {
  const auto& settings = draw.settings;
  std::vector<Choice> choices;
  for (std::size_t token = 0; token < logits.size(); token++) {
    if (draw.allowed[token] && !std::isnan(logits[token])) {
      choices.push_back({.token = static_cast<std::uint32_t>(token), .logit = logits[token]});
    }
  }
  if (choices.empty()) {
    return std::nullopt;
  }
  const auto likelier = [](const Choice& a, const Choice& b) { return a.logit > b.logit; };
  const Choice best = *std::min_element(choices.begin(), choices.end(), likelier);
  if (settings.temperature < 1e-5F || std::isinf(best.logit)) {
    return best.token;
  }
  double total = Weigh(choices, settings.temperature);
  if (settings.min_p > 0 || settings.top_p < 1 || (settings.top_k > 0 && settings.top_k < logits.size())) {
    std::ranges::stable_sort(choices, likelier);
    std::erase_if(choices, [&](const Choice& choice) { return choice.weight < min_p; });
    if (settings.top_k > 0 && settings.top_k < choices.size()) {
      const double last = choices[settings.top_k - 1].logit;
      std::erase_if(choices, [&](const Choice& choice) { return choice.logit < last; });
    }
    total = Weigh(choices, settings.temperature);
    if (settings.top_p < 1) {
      double before = 0;
      std::size_t kept = 0;
      for (; kept < choices.size() && (kept == 0 || before < top_p * total); kept++) {
        before += choices[kept].weight;
      }
      choices.resize(kept);
      total = Weigh(choices, settings.temperature);
    }
  }
  double mass = 0;
  for (const Choice& choice : choices) {
    mass += choice.weight;
    if (mass > uniform * total) {
      return choice.token;
    }
  }
  const auto possible = [](const Choice& choice) { return choice.weight > 0; };
  return std::find_if(choices.rbegin(), choices.rend(), possible)->token;
}

}  // namespace

std::optional<std::uint32_t> ChooseByReference(const Draw& draw) {
  return Choose(draw, Penalise(draw), draw.uniform, draw.settings.top_p, draw.settings.min_p);
}

std::set<std::uint32_t> ChoicesNearby(const Draw& draw, double tolerance) {
  const std::vector<float> logits = Penalise(draw);
  std::set<std::uint32_t> tokens;
  for (const double u : {-tolerance, 0.0, tolerance}) {
    for (const double p : {-tolerance, 0.0, tolerance}) {
      for (const double m : {-tolerance, 0.0, tolerance}) {
        const double uniform = std::clamp(draw.uniform + u, 0.0, 1.0);
        const auto token =
            Choose(draw, logits, uniform, draw.settings.top_p + p, draw.settings.min_p * (1 + m));
        if (token) {
          tokens.insert(*token);
        }
      }
    }
  }
  return tokens;
}

double LogSumExpByReference(std::span<const float> logits, const std::vector<bool>& allowed) {
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t token = 0; token < logits.size(); token++) {
    if (allowed[token] && !std::isnan(logits[token])) {
      largest = std::max<double>(largest, logits[token]);
    }
  }
  if (std::isinf(largest)) {
    return largest;
  }
  double sum = 0;
  for (std::size_t token = 0; token < logits.size(); token++) {
    if (allowed[token] && !std::isnan(logits[token])) {
      sum += std::exp(logits[token] - largest);
    }
  }
  return largest + std::log(sum);
}

}  // namespace sampling_test
