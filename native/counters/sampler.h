#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "counter_page.h"

namespace rowmill::counters {

// What a sampler saw: counts, or why there are none any more.
struct Sample {
  Counts counts{};
  std::string error;
};

// A thread that reads a page at a fixed rate and gives each sample to a listener, on that thread. Ends with
// the object, which waits for a call of the listener that is under way; or by itself after a sample with an
// error.
class Sampler {
 public:
  using Listener = std::function<void(const Sample&)>;

  Sampler(CounterPage page, std::chrono::milliseconds interval, Listener listener);
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  Sampler(Sampler&&) = delete;
  Sampler& operator=(Sampler&&) = delete;

 private:
  void Run();
  // False when it is time to end.
  bool WaitUntil(std::chrono::steady_clock::time_point when);

  CounterPage page_;
  std::chrono::milliseconds interval_;
  Listener listener_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace rowmill::counters
