#include "page_writer.h"

#include <chrono>
#include <utility>

namespace rowmill::counters {
namespace {

// As often as a bar is redrawn.
constexpr std::chrono::milliseconds kInterval{50};

}  // namespace

PageWriter::PageWriter(PageFile file, std::shared_ptr<LiveCounts> live)
    : file_(std::move(file)), live_(std::move(live)) {
  WriteNow();
  thread_ = std::thread([this] { Run(); });
}

PageWriter::~PageWriter() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
  WriteNow();
}

void PageWriter::WriteNow() {
  const std::scoped_lock lock(write_mutex_);
  // Counters that were made later for the same file must not be written over. An unchanged record is written as well:
  // that mends a file which somebody has cut.
  if (live_->IsCurrent()) {
    const PageRecord record = live_->Record();
    static_cast<void>(file_.Write(BytesOf(record)));
  }
}

void PageWriter::Run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kInterval, [this] { return ending_; })) {
    lock.unlock();
    WriteNow();
    lock.lock();
  }
}

}  // namespace rowmill::counters
