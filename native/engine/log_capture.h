#pragma once

#include <string>

#include "llama_functions.h"

namespace rowmill::engine {

// Keeps what llama.cpp logs as errors on this thread while it lives; other threads' lines go where they went before.
class LogCapture {
 public:
  explicit LogCapture(const LlamaFunctions& llama);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // The lines in one, without llama.cpp's function names; `otherwise` where it said nothing.
  [[nodiscard]] std::string Reason(const std::string& otherwise) const;

 private:
  std::string lines_;
};

}  // namespace rowmill::engine
