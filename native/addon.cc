#include <napi.h>

#include "counters/counters_binding.h"
#include "grammar/grammar_binding.h"

namespace {

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  rowmill::counters::RegisterCounters(env, exports);
  rowmill::grammar::RegisterGrammar(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(rowmill, InitAddon)
