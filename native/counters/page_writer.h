#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "live_counts.h"
#include "page_file.h"

namespace rowmill::counters {

// A thread that writes a job's counts to their file many times a second, and once more at its end. What can't be written,
// on a full disk, is written later: the counts themselves are in memory.
class PageWriter {
 public:
  // Writes before it returns.
  PageWriter(PageFile file, std::shared_ptr<LiveCounts> live);
  ~PageWriter();
  PageWriter(const PageWriter&) = delete;
  PageWriter& operator=(const PageWriter&) = delete;
  PageWriter(PageWriter&&) = delete;
  PageWriter& operator=(PageWriter&&) = delete;

  [[nodiscard]] LiveCounts& live() { return *live_; }
  void WriteNow();

 private:
  void Run();

  PageFile file_;
  std::shared_ptr<LiveCounts> live_;
  std::mutex write_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace rowmill::counters
