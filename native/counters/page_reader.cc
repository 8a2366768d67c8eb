#include "page_reader.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace rowmill::counters {

PageReader::PageReader(CounterPage page, std::chrono::milliseconds interval, Listener listener)
    : page_(std::move(page)),
      interval_(interval),
      listener_(std::move(listener)),
      thread_([this] { Run(); }) {}

PageReader::~PageReader() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void PageReader::Run() {
  auto next = std::chrono::steady_clock::now();
  Reading reading;
  do {
    try {
      reading.counts = page_.Read();
    } catch (const std::exception& error) {
      reading.error = error.what();
    }
    listener_(reading);
    // After a long pause (a suspended machine) the rhythm starts again, missed readings are not made up for.
    next = std::max(next + interval_, std::chrono::steady_clock::now());
  } while (reading.error.empty() && WaitUntil(next));
}

bool PageReader::WaitUntil(std::chrono::steady_clock::time_point when) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_until(lock, when, [this] { return ending_; });
}

}  // namespace rowmill::counters
