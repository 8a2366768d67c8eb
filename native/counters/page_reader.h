#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "counter_page.h"

namespace rowmill::counters {

// What a reader saw: counts, or why there are none any more.
struct Reading {
  Counts counts{};
  std::string error;
};

// A thread that reads a page at a fixed rate and gives each reading to a listener, on that thread. Ends with
// the object, which waits for a call of the listener that is under way; or by itself after a reading with an
// error.
class PageReader {
 public:
  using Listener = std::function<void(const Reading&)>;

  PageReader(CounterPage page, std::chrono::milliseconds interval, Listener listener);
  ~PageReader();
  PageReader(const PageReader&) = delete;
  PageReader& operator=(const PageReader&) = delete;
  PageReader(PageReader&&) = delete;
  PageReader& operator=(PageReader&&) = delete;

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
