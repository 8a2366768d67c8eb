#pragma once

#include <stdexcept>

namespace rowmill::engine {

// What llama.cpp or the machine refuses, in words for the user.
class EngineError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rowmill::engine
