#pragma once

#include <cstdint>
#include <string>

#include "mapped_file.h"
#include "page_layout.h"

namespace rowmill::counters {

struct Counts {
  std::uint64_t rows_done = 0;
  std::uint64_t rows_failed = 0;
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;

  bool operator==(const Counts&) const = default;
};

struct PageShape {
  std::uint32_t workers = 1;
  std::uint64_t rows_total = 0;
  std::uint64_t started_at_ms = 0;
  Counts base;
};

// One job's counters, in a file that any number of processes map. Used by one thread at a time, except for
// what lane() gives, which any thread may add to for as long as the page lives.
class CounterPage {
 public:
  // Makes the page or starts it again from the shape's base, in place: whoever has it mapped goes on seeing
  // it. Throws PageError: kForeign when the file holds something else, which is left as it is.
  static CounterPage Create(const std::string& path, const PageShape& shape);
  // Maps a page that another process or thread made.
  static CounterPage Attach(const std::string& path, MappedFile::Access access);

  // The base and all lanes, added up. Throws PageError when the file was cut or overwritten meanwhile.
  Counts Read();
  [[nodiscard]] PageShape Shape() const;
  // Throws std::out_of_range.
  [[nodiscard]] CounterSet& lane(std::uint32_t worker) const;

 private:
  CounterPage(std::string path, MappedFile file) : path_(std::move(path)), file_(std::move(file)) {}
  // Throws PageError unless the mapping holds a complete page of this layout.
  void Check() const;
  [[nodiscard]] PageHeader& header() const;

  std::string path_;
  MappedFile file_;
};

}  // namespace rowmill::counters
