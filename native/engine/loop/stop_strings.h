#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rowmill::engine {

// Texts that end an output and are left out of it.
class StopStrings {
 public:
  // @param texts empty ones never come
  explicit StopStrings(std::vector<std::string> texts);

  // Cuts an output at the first of them that its newest bytes complete.
  // @returns whether there was one
  bool Cut(std::string& output, std::size_t new_bytes) const;

 private:
  std::vector<std::string> texts_;
  std::size_t longest_ = 0;
};

}  // namespace rowmill::engine
