#pragma once

#include <string>

#include "llama_functions.h"

namespace rowmill::engine {

// Keeps what llama.cpp logs as errors on this thread while it lives; other threads' lines go where they went before.
// Cheap enough for every decode: two pointers are compared.
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
  std::string* outer_;
};

}  // namespace rowmill::engine
