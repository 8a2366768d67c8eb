#include "log_capture.h"

#include <map>
#include <mutex>

namespace rowmill::engine {
namespace {

thread_local std::string* captured = nullptr;

struct Listener {
  ggml_log_callback log;
  void* data;
};

// llama.cpp has one listener a process; ours stands before the one that was there.
void Listen(ggml_log_level level, const char* text, void* data) {
  static thread_local bool was_error = false;
  if (captured != nullptr) {
    // A line may come in pieces: what follows an error's beginning belongs to it.
    if (level != GGML_LOG_LEVEL_CONT) {
      was_error = level == GGML_LOG_LEVEL_ERROR;
    }
    if (was_error) {
      captured->append(text);
    }
    return;
  }
  const auto* before = static_cast<const Listener*>(data);
  if (before->log != nullptr) {
    before->log(level, text, before->data);
  }
}

void Install(const LlamaFunctions& llama) {
  static std::mutex mutex;
  static std::map<const LlamaFunctions*, Listener> installed;
  const std::lock_guard lock(mutex);
  ggml_log_callback present = nullptr;
  void* data = nullptr;
  llama.llama_log_get(&present, &data);
  if (present == &Listen) {
    return;
  }
  Listener& before = installed[&llama];
  before = {.log = present, .data = data};
  llama.llama_log_set(&Listen, &before);
}

// "llama_model_load: error loading model: …" → "error loading model: …"
std::string_view WithoutFunction(std::string_view line) {
  const std::size_t end = line.find(": ");
  const bool is_name = end != std::string_view::npos && line.substr(0, end).find(' ') == std::string_view::npos;
  return is_name ? line.substr(end + 2) : line;
}

}  // namespace

LogCapture::LogCapture(const LlamaFunctions& llama) {
  Install(llama);
  captured = &lines_;
}

LogCapture::~LogCapture() { captured = nullptr; }

std::string LogCapture::Reason(const std::string& otherwise) const {
  std::string reason;
  std::string_view rest = lines_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = WithoutFunction(rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
    if (line.empty()) {
      continue;
    }
    reason.append(reason.empty() ? "" : "; ").append(line);
  }
  return reason.empty() ? otherwise : reason;
}

}  // namespace rowmill::engine
