#pragma once

#include <stdexcept>
#include <string>

namespace rowmill::counters {

// Why a page can't be used.
enum class PageFault {
  kMissing,     // no such file
  kUnfinished,  // somebody is making it right now, or died while making it
  kForeign,     // not a counters page, another version's, or damaged
  kSystem,      // the operating system refused
};

class PageError : public std::runtime_error {
 public:
  PageError(PageFault fault, const std::string& what) : std::runtime_error(what), fault_(fault) {}
  [[nodiscard]] PageFault fault() const { return fault_; }

 private:
  PageFault fault_;
};

}  // namespace rowmill::counters
