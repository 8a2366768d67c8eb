#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>
#include <vector>

#include "engine/sampling/sampling_settings.h"

// Random logits, masks, settings and histories, the same on every platform, with many of what is seldom:
// equal logits, none at all, infinite ones, masks of another length than the vocabulary.
namespace sampling_test {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}

  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(bits_() % bound); }
  double Uniform() { return static_cast<double>(bits_() >> 11) * 0x1p-53; }
  bool Chance(double probability) { return Uniform() < probability; }
  // Near enough to a normal distribution of standard deviation 1.
  float Normal() {
    double sum = -6;
    for (int i = 0; i < 12; i++) {
      sum += Uniform();
    }
    return static_cast<float>(sum);
  }
  template <typename T>
  T OneOf(std::initializer_list<T> choices) {
    return choices.begin()[Below(static_cast<std::uint32_t>(choices.size()))];
  }

 private:
  std::mt19937_64 bits_;
};

inline std::vector<float> SomeLogits(Dice& dice, std::size_t size) {
  std::vector<float> logits(size);
  const float scale = dice.OneOf({0.0F, 0.3F, 1.0F, 3.0F, 10.0F, 40.0F});
  const float step = dice.OneOf({0.0F, 0.0F, 0.0F, 0.5F, 4.0F});
  const double holes = dice.OneOf({0.0, 0.0, 0.02, 0.5});
  const double nans = dice.OneOf({0.0, 0.0, 0.0, 0.05});
  for (float& logit : logits) {
    logit = dice.Normal() * scale;
    logit = step > 0 ? std::round(logit / step) * step : logit;
    logit = dice.Chance(holes) ? -kInfinity : dice.Chance(nans) ? kNan : logit;
  }
  return logits;
}

inline std::vector<std::uint32_t> SomeMask(Dice& dice, std::size_t size) {
  std::vector<std::uint32_t> mask((size + 31) / 32);
  const std::uint32_t kind = dice.Below(8);
  for (std::uint32_t& word : mask) {
    for (std::uint32_t bit = 0; bit < 32; bit++) {
      const bool is_set = kind == 1 ? dice.Chance(0.01) : kind == 2 ? dice.Chance(0.9) : kind == 3;
      word |= is_set ? 1U << bit : 0;
    }
    word = kind == 4 ? dice.OneOf({0U, 0xffffffffU, 0xffffU}) : word;
  }
  if (kind == 5 || kind == 1) {
    const std::uint32_t token = dice.Below(static_cast<std::uint32_t>(size));
    mask[token / 32] |= 1U << (token % 32);
  }
  if (kind >= 6) {
    return {};
  }
  if (dice.Chance(0.3)) {
    mask.resize(1 + dice.Below(static_cast<std::uint32_t>(mask.size() + 4)), 0xffffffff);
  }
  return mask;
}

inline std::vector<bool> AllowedBy(const std::vector<std::uint32_t>& mask, std::size_t size) {
  std::vector<bool> allowed(size, mask.empty());
  for (std::size_t token = 0; token < std::min(size, mask.size() * 32); token++) {
    allowed[token] = (mask[token / 32] >> (token % 32) & 1) != 0;
  }
  return allowed;
}

inline rowmill::engine::SamplingSettings SomeSettings(Dice& dice) {
  rowmill::engine::SamplingSettings settings;
  settings.temperature = dice.OneOf({0.0F, 9e-6F, 0.1F, 0.7F, 1.0F, 1.0F, 2.0F, 30.0F});
  settings.top_p = dice.OneOf({1.0F, 1.0F, 0.999F, 0.9F, 0.5F, 0.1F, 1e-6F, 0.0F});
  settings.top_k = dice.OneOf({0U, 0U, 1U, 2U, 40U, 500U, 5000U});
  settings.min_p = dice.OneOf({0.0F, 0.0F, 0.0F, 0.05F, 0.5F, 1.0F, 1e-30F});
  if (dice.Chance(0.3)) {
    settings.presence_penalty = dice.OneOf({0.0F, 0.7F, -2.0F});
    settings.frequency_penalty = dice.OneOf({0.0F, 0.3F, -0.5F});
    settings.repetition_penalty = dice.OneOf({1.0F, 1.3F, 0.5F});
  }
  return settings;
}

inline std::vector<std::int32_t> SomeTokens(Dice& dice, std::size_t vocabulary_size) {
  std::vector<std::int32_t> tokens(dice.Below(40));
  for (std::int32_t& token : tokens) {
    token = static_cast<std::int32_t>(dice.Below(static_cast<std::uint32_t>(vocabulary_size)));
  }
  return tokens;
}

}  // namespace sampling_test
