#include <napi.h>

#include "counters/counters_binding.h"
#ifdef ROWMILL_LLAMA_RELEASE
#include "engine/engine_binding.h"
#endif
#include "grammar/grammar_binding.h"

namespace {

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  rowmill::counters::RegisterCounters(env, exports);
  rowmill::grammar::RegisterGrammar(env, exports);
#ifdef ROWMILL_LLAMA_RELEASE
  rowmill::engine::RegisterEngine(env, exports);
#endif
  return exports;
}

}  // namespace

NODE_API_MODULE(rowmill, InitAddon)
