#pragma once

#include <napi.h>

#include <memory>

#include "grammar/matching/token_grammar.h"

namespace rowmill::grammar {

// Adds the classes TokenVocabulary, TokenGrammar and TokenMatcher to the addon's exports; see src/addon.ts for
// their types.
void RegisterGrammar(Napi::Env env, Napi::Object exports);

// The grammar behind a TokenGrammar. @throws a JavaScript TypeError anything else
std::shared_ptr<TokenGrammar> GrammarOf(const Napi::Value& value);

}  // namespace rowmill::grammar
