#include "page_file.h"

#include <fcntl.h>
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

}  // namespace

PageFile::PageFile(std::string path, int flags) : path_(std::move(path)) {
  constexpr mode_t kPrivate = 0600;
  descriptor_ = open(path_.c_str(), flags | O_CLOEXEC | O_NONBLOCK, kPrivate);
  if (descriptor_ < 0) {
    const int error = errno;
    if (error == EISDIR) {
      throw PageError(PageFault::kForeign, path_ + " is no regular file");
    }
    ThrowSystem("can't open", path_, error);
  }
  struct stat facts{};
  if (fstat(descriptor_, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    close(std::exchange(descriptor_, -1));
    throw PageError(PageFault::kForeign, path_ + " is no regular file");
  }
}

PageFile PageFile::Open(const std::string& path) { return {path, O_RDONLY}; }

PageFile PageFile::OpenOrCreate(const std::string& path) { return {path, O_RDWR | O_CREAT}; }

PageFile::PageFile(PageFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PageFile& PageFile::operator=(PageFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PageFile::~PageFile() {
  if (descriptor_ >= 0) {
    close(descriptor_);
  }
}

std::size_t PageFile::Read(std::span<std::byte> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got =
        pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno != EINTR) {
      ThrowSystem("can't read", path_, errno);
    }
    if (got == 0) {
      break;
    }
    done += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return done;
}

int PageFile::Write(std::span<const std::byte> bytes) const noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = pwrite(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (put < 0 && errno != EINTR) {
      return errno;
    }
    done += put > 0 ? static_cast<std::size_t>(put) : 0;
  }
  return 0;
}

void PageFile::Reserve(std::size_t bytes) const noexcept {
#ifndef __APPLE__
  static_cast<void>(posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes)));
#endif
}

}  // namespace rowmill::counters
