#include "sampler.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace rowmill::counters {

Sampler::Sampler(CounterPage page, std::chrono::milliseconds interval, Listener listener)
    : page_(std::move(page)),
      interval_(interval),
      listener_(std::move(listener)),
      thread_([this] { Run(); }) {}

Sampler::~Sampler() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Sampler::Run() {
  auto next = std::chrono::steady_clock::now();
  Sample sample;
  do {
    try {
      sample.counts = page_.Read();
    } catch (const std::exception& error) {
      sample.error = error.what();
    }
    listener_(sample);
    // After a long pause (a suspended machine) the rhythm starts again, missed samples are not made up for.
    next = std::max(next + interval_, std::chrono::steady_clock::now());
  } while (sample.error.empty() && WaitUntil(next));
}

bool Sampler::WaitUntil(std::chrono::steady_clock::time_point when) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_until(lock, when, [this] { return ending_; });
}

}  // namespace rowmill::counters
