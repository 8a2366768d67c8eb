#include "log_capture.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>

#include "loaded_code.h"

namespace rowmill::engine {
namespace {

thread_local std::string* captured = nullptr;

struct Listener {
  ggml_log_callback log;
  void* data;
  bool operator==(const Listener&) const = default;
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

// Every thread that loads node-llama-cpp makes that the listener again, so this looks each time.
void Install(const LlamaFunctions& llama) {
  ggml_log_callback present = nullptr;
  void* data = nullptr;
  llama.llama_log_get(&present, &data);
  if (present == &Listen) {
    return;
  }
  static std::mutex mutex;
  // Written once each and never freed: another thread may be about to call one.
  static std::array<Listener, 16> known;
  static std::size_t count = 0;
  const std::lock_guard lock(mutex);
  llama.llama_log_get(&present, &data);
  if (present == &Listen) {
    return;
  }
  const Listener before{.log = present, .data = data};
  const auto end = known.begin() + static_cast<std::ptrdiff_t>(count);
  const auto found = std::find(known.begin(), end, before);
  if (found == known.end()) {
    return;
  }
  if (found == end) {
    // The thread that brought it may end, and its library with it.
    KeepLoaded(reinterpret_cast<const void*>(present));
    *found = before;
    count++;
  }
  llama.llama_log_set(&Listen, &*found);
}

// "llama_model_load: error loading model: …" → "error loading model: …"
std::string_view WithoutFunction(std::string_view line) {
  const std::size_t end = line.find(": ");
  const bool is_name = end != std::string_view::npos && line.substr(0, end).find(' ') == std::string_view::npos;
  return is_name ? line.substr(end + 2) : line;
}

}  // namespace

LogCapture::LogCapture(const LlamaFunctions& llama) : outer_(captured) {
  Install(llama);
  captured = &lines_;
}

LogCapture::~LogCapture() { captured = outer_; }

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
