#pragma once

#include <napi.h>

namespace rowmill::grammar {

// Adds the classes TokenVocabulary, TokenGrammar and TokenMatcher to the addon's exports; see src/addon.ts for
// their types.
void RegisterGrammar(Napi::Env env, Napi::Object exports);

}  // namespace rowmill::grammar
