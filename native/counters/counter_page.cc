#include "counter_page.h"

#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include "page_error.h"

namespace rowmill::counters {
namespace {

// Whether a page may be made here: nobody's file but one of ours, of any version, is written over.
bool IsEmptyOrPage(const PageFile& file) {
  std::uint64_t magic = 0;
  const std::size_t bytes = file.Read(std::as_writable_bytes(std::span(&magic, 1)));
  return bytes == 0 || (bytes == sizeof magic && (magic == kMagic || magic == 0));
}

}  // namespace

CounterPage CounterPage::Create(const std::string& path, const PageShape& shape) {
  CounterPage page(PageFile::OpenOrCreate(path));
  if (!IsEmptyOrPage(page.file_)) {
    throw PageError(PageFault::kForeign, path + " holds something else than counters");
  }
  page.file_.Reserve(sizeof(PageRecord));
  page.writer_ = std::make_unique<PageWriter>(PageFile::OpenOrCreate(path), LiveCounts::Make(path, shape));
  return page;
}

CounterPage CounterPage::Attach(const std::string& path) {
  CounterPage page(PageFile::Open(path));
  static_cast<void>(page.ReadRecord());
  return page;
}

Counts CounterPage::Read() const {
  const std::shared_ptr<LiveCounts> live = Live();
  return live ? live->Sum() : ReadRecord().counts;
}

PageShape CounterPage::Shape() const {
  if (const std::shared_ptr<LiveCounts> live = Live()) {
    return live->shape();
  }
  const PageRecord record = ReadRecord();
  return {.workers = record.workers,
          .rows_total = record.rows_total,
          .started_at_ms = record.started_at_ms,
          .base = record.counts};
}

std::string CounterPage::Note() const {
  if (const std::shared_ptr<LiveCounts> live = Live()) {
    return live->Note();
  }
  const PageRecord record = ReadRecord();
  return {record.note.data(), strnlen(record.note.data(), record.note.size())};
}

void CounterPage::SetNote(const std::string& note) {
  if (writer_) {
    writer_->live().SetNote(note);
    writer_->WriteNow();
  }
}

std::shared_ptr<LiveCounts> CounterPage::Live() const { return LiveCounts::Find(file_.path()); }

PageRecord CounterPage::ReadRecord() const {
  PageRecord record;
  // A read that fell into a write has halves of two records: read again.
  for (int attempt = 0; attempt < 50; ++attempt) {
    record = {};
    const std::size_t bytes = file_.Read(std::as_writable_bytes(std::span(&record, 1)));
    if (bytes == 0) {
      throw PageError(PageFault::kUnfinished, file_.path() + " is empty");
    }
    if (bytes >= sizeof record.magic && record.magic == 0) {
      throw PageError(PageFault::kUnfinished, file_.path() + " is not ready yet");
    }
    if (bytes < sizeof record) {
      throw PageError(PageFault::kForeign,
                      file_.path() + " is cut off or holds something else than counters");
    }
    if (record.magic != kMagic || record.version != kLayoutVersion) {
      throw PageError(PageFault::kForeign,
                      file_.path() + " holds something else than counters of this version");
    }
    if (record.checksum == ChecksumOf(record)) {
      return record;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw PageError(PageFault::kForeign, file_.path() + " is damaged");
}

}  // namespace rowmill::counters
