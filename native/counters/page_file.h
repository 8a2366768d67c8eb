#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace rowmill::counters {

// A file that is read and written at its beginning, by calls and never through a mapping: a mapped page whose file is
// cut, or whose disk is full or gone, ends the process by a signal; a call only fails.
class PageFile {
 public:
  // To read. Throws PageError(kMissing | kForeign | kSystem).
  static PageFile Open(const std::string& path);
  // To read and write; an empty file where there is none.
  static PageFile OpenOrCreate(const std::string& path);

  PageFile(PageFile&& other) noexcept;
  PageFile& operator=(PageFile&& other) noexcept;
  PageFile(const PageFile&) = delete;
  PageFile& operator=(const PageFile&) = delete;
  ~PageFile();

  // Fills as much of `into` as the file has. Returns how many bytes that is. Throws PageError(kSystem).
  [[nodiscard]] std::size_t Read(std::span<std::byte> into) const;
  // Returns 0, or the system's error: a full disk is for the caller to wait out.
  [[nodiscard]] int Write(std::span<const std::byte> bytes) const noexcept;
  // Takes the blocks for so many bytes where there is room, so that writing them later needs none.
  void Reserve(std::size_t bytes) const noexcept;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  PageFile(std::string path, int flags);

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace rowmill::counters
