#include "mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "page_error.h"

namespace rowmill::counters {
namespace {

[[noreturn]] void ThrowSystem(const char* doing, const std::string& path, int error) {
  const PageFault fault = error == ENOENT ? PageFault::kMissing : PageFault::kSystem;
  throw PageError(fault, std::string(doing) + " " + path + ": " + std::generic_category().message(error));
}

int OpenDescriptor(const std::string& path, int flags) {
  constexpr mode_t kPrivate = 0600;
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, kPrivate);
  if (descriptor < 0) {
    ThrowSystem("can't open", path, errno);
  }
  return descriptor;
}

int ReserveBlocks(int descriptor, std::size_t bytes) {
#ifdef __APPLE__
  return ftruncate(descriptor, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
#else
  return posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
#endif
}

}  // namespace

MappedFile MappedFile::Open(const std::string& path, Access access) {
  MappedFile file(path, OpenDescriptor(path, access == Access::kRead ? O_RDONLY : O_RDWR), access);
  file.Map();
  return file;
}

MappedFile MappedFile::OpenOrCreate(const std::string& path) {
  MappedFile file(path, OpenDescriptor(path, O_RDWR | O_CREAT), Access::kReadWrite);
  file.Map();
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      access_(other.access_),
      bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(access_, other.access_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  Unmap();
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

std::size_t MappedFile::FileSize() const {
  struct stat facts{};
  if (fstat(descriptor_, &facts) != 0) {
    ThrowSystem("can't stat", path_, errno);
  }
  if (!S_ISREG(facts.st_mode)) {
    throw PageError(PageFault::kForeign, path_ + " is no regular file");
  }
  return static_cast<std::size_t>(facts.st_size);
}

void MappedFile::Grow(std::size_t bytes) {
  if (FileSize() >= bytes) {
    return;
  }
  const int error = ReserveBlocks(descriptor_, bytes);
  if (error != 0) {
    ThrowSystem("can't reserve the counters page", path_, error);
  }
  Remap();
}

void MappedFile::Remap() {
  Unmap();
  Map();
}

void MappedFile::Map() {
  const std::size_t size = FileSize();
  if (size == 0) {
    return;  // an empty file can't be mapped; bytes() is empty then
  }
  const int protection = access_ == Access::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  void* address = mmap(nullptr, size, protection, MAP_SHARED, descriptor_, 0);
  if (address == MAP_FAILED) {
    ThrowSystem("can't map", path_, errno);
  }
  bytes_ = {static_cast<std::byte*>(address), size};
}

void MappedFile::Unmap() noexcept {
  if (!bytes_.empty()) {
    munmap(bytes_.data(), bytes_.size());
  }
  bytes_ = {};
}

}  // namespace rowmill::counters
