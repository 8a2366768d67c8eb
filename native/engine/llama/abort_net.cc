#include "abort_net.h"

#include <atomic>
#include <cstdio>
#include <string>
#include <string_view>

#include "engine/engine_error.h"

namespace rowmill::engine {
namespace {

thread_local bool is_spread = false;

// Whom to tell of assertions that end the process after all.
std::atomic<ggml_abort_callback_t> before = nullptr;

// "/…/src/llama-model.cpp:1226: GGML_ASSERT(…) failed" → "GGML_ASSERT(…) failed (llama-model.cpp:1226)"
std::string WithoutFolders(std::string_view message) {
  const std::size_t end = message.find(": ");
  if (end == std::string_view::npos) {
    return std::string(message);
  }
  const std::string_view place = message.substr(0, end);
  const std::string_view file = place.substr(place.rfind('/') + 1);
  return std::string(message.substr(end + 2)) + " (" + std::string(file) + ")";
}

void Catch(const char* message) {
  if (is_spread) {
    throw EngineError(WithoutFolders(message));
  }
  if (const ggml_abort_callback_t next = before; next != nullptr) {
    next(message);
  } else {
    std::fprintf(stderr, "%s\n", message);
  }
}

}  // namespace

AbortNet::AbortNet() : was_spread_(is_spread) { is_spread = true; }

AbortNet::~AbortNet() { is_spread = was_spread_; }

void AbortNet::Install(const LlamaFunctions& llama) {
  if (const ggml_abort_callback_t present = llama.ggml_set_abort_callback(&Catch); present != &Catch) {
    before = present;
  }
}

}  // namespace rowmill::engine
