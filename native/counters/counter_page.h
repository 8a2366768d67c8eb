#pragma once

#include <memory>
#include <string>

#include "live_counts.h"
#include "page_file.h"
#include "page_writer.h"

namespace rowmill::counters {

// One job's counters: made by the process that runs the job, which counts in its own memory and writes them to a file
// many times a second; read by any number of processes from that file. Used by one thread at a time.
class CounterPage {
 public:
  // Makes the page or starts it again from the shape's base, in place: whoever reads it goes on. Throws PageError:
  // kForeign when the file holds something else, which is left as it is.
  static CounterPage Create(const std::string& path, const PageShape& shape);
  // Reads a page that another process or thread has made.
  static CounterPage Attach(const std::string& path);

  // Where the job runs in this process, the counts of this moment; else those last written. Throws PageError when the
  // file is damaged.
  [[nodiscard]] Counts Read() const;
  [[nodiscard]] PageShape Shape() const;
  [[nodiscard]] std::string Note() const;
  // For the process that has made the page; elsewhere nothing.
  void SetNote(const std::string& note);

 private:
  explicit CounterPage(PageFile file) : file_(std::move(file)) {}
  // What the job's process counts, null where that is another.
  [[nodiscard]] std::shared_ptr<LiveCounts> Live() const;
  // Throws PageError unless the file holds a complete record of this layout.
  [[nodiscard]] PageRecord ReadRecord() const;

  PageFile file_;
  std::unique_ptr<PageWriter> writer_;
};

}  // namespace rowmill::counters
