#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace rowmill::counters {

// A file and its shared mapping, whole. Both end with the object.
class MappedFile {
 public:
  enum class Access { kRead, kReadWrite };

  // Throws PageError(kMissing | kSystem).
  static MappedFile Open(const std::string& path, Access access);
  // To read and write; an empty file where there is none.
  static MappedFile OpenOrCreate(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  // The file's size now; another process may have changed it since it was mapped.
  [[nodiscard]] std::size_t FileSize() const;
  // Lets the file grow to `bytes` with its blocks reserved, and maps it anew: a full disk must fail here, not
  // as a signal at the first store. A larger file keeps its size, so that other mappings stay valid.
  void Grow(std::size_t bytes);
  // Maps the file anew at its present size.
  void Remap();

 private:
  MappedFile(std::string path, int descriptor, Access access)
      : path_(std::move(path)), descriptor_(descriptor), access_(access) {}
  void Map();
  void Unmap() noexcept;

  std::string path_;
  int descriptor_ = -1;
  Access access_ = Access::kRead;
  std::span<std::byte> bytes_;
};

}  // namespace rowmill::counters
