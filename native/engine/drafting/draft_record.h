#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace rowmill::engine {

// How a job's drafts have fared so far, by how many tokens the row and the output had in common before them.
class DraftRecord {
 public:
  // More tokens in common say no more than so many.
  static constexpr std::uint32_t kLongestMatch = 3;

  // How many tokens such a draft should have: those that are likelier to come than not. Where there are none, a draft
  // of one token tells now and then whether that is still so.
  // @param matched from 1 to kLongestMatch
  [[nodiscard]] std::uint32_t LengthFor(std::uint32_t matched, std::uint32_t most) {
    Fare& fare = fares_[matched - 1];
    const double rate = fare.accepted / fare.tried;
    if (rate < kLikely) {
      return ++fare.passed % kPassedForOne == 0 ? std::min(most, 1U) : 0;
    }
    // Behind a refused token none is accepted.
    std::uint32_t length = 0;
    for (double chance = rate; length < most && chance >= kLikely; chance *= rate) {
      length++;
    }
    return length;
  }

  // @param accepted of the draft's tokens
  // @param was_refused whether the next one was not: the draft had more
  void Take(std::uint32_t matched, std::uint32_t accepted, bool was_refused) {
    Fare& fare = fares_[matched - 1];
    fare.accepted += accepted;
    fare.tried += accepted + (was_refused ? 1 : 0);
    if (fare.tried > kMemory) {
      fare.accepted /= 2;
      fare.tried /= 2;
    }
  }

 private:
  static constexpr double kLikely = 0.5;
  static constexpr std::uint32_t kPassedForOne = 16;
  static constexpr double kMemory = 512;

  // In tokens. Begins as if a few drafts had done well.
  struct Fare {
    double tried = 10;
    double accepted = 8;
    // Drafts that were not made.
    std::uint32_t passed = 0;
  };

  std::array<Fare, kLongestMatch> fares_;
};

}  // namespace rowmill::engine
