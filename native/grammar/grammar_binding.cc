#include "grammar_binding.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "grammar/matching/registry.h"
#include "grammar/matching/token_matcher.h"
#include "grammar_error.h"
#include "napi_line.h"

namespace rowmill::grammar {
namespace {

using Napi::CallbackInfo;

constexpr napi_type_tag kVocabularyTag = {0x726f776d696c6c31, 0x766f636162756c61};
constexpr napi_type_tag kGrammarTag = {0x726f776d696c6c31, 0x6772616d6d617231};
constexpr napi_type_tag kMatcherTag = {0x726f776d696c6c31, 0x6d61746368657231};

template <typename Work>
auto Guard(Napi::Env env, Work work) -> decltype(work()) {
  return GuardLine<GrammarError>(env, [](const GrammarError&) { return "GRAMMAR"; }, work);
}

// A whole number of at least 0; nothing else is let in.
std::uint64_t CountOf(const Napi::Value& value) {
  constexpr double kLargestExact = 9007199254740991.0;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= kLargestExact)) {
    throw Napi::TypeError::New(value.Env(), "expected a count");
  }
  return static_cast<std::uint64_t>(number);
}

std::uint32_t TokenOf(const Napi::Value& value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(CountOf(value), 0xffffffff));
}

bool HasTag(const Napi::Value& value, const napi_type_tag& tag) {
  return value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&tag);
}

// new TokenVocabulary(bytes, offsets, endTokens).
class VocabularyObject : public Napi::ObjectWrap<VocabularyObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "TokenVocabulary", {InstanceAccessor<&VocabularyObject::Size>("size")});
  }

  explicit VocabularyObject(const CallbackInfo& info) : ObjectWrap(info) {
    const auto bytes = ArrayOf<std::uint8_t, napi_uint8_array>(info[0], "a Uint8Array");
    const auto offsets = WordsOf(info[1]);
    const auto end_tokens = WordsOf(info[2]);
    Guard(info.Env(), [&] { vocabulary_ = OpenVocabulary(bytes, offsets, end_tokens); });
    info.This().As<Napi::Object>().TypeTag(&kVocabularyTag);
  }

  [[nodiscard]] const std::shared_ptr<const Vocabulary>& vocabulary() const { return vocabulary_; }

 private:
  Napi::Value Size(const CallbackInfo& info) { return Napi::Number::New(info.Env(), vocabulary_->size()); }

  std::shared_ptr<const Vocabulary> vocabulary_;
};

// new TokenGrammar(tables, vocabulary, memoryBytes).
class GrammarObject : public Napi::ObjectWrap<GrammarObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "TokenGrammar",
        {InstanceMethod<&GrammarObject::Replay>("replay"), InstanceMethod<&GrammarObject::Stats>("stats")});
  }

  explicit GrammarObject(const CallbackInfo& info) : ObjectWrap(info) {
    const auto tables = WordsOf(info[0]);
    if (!HasTag(info[1], kVocabularyTag)) {
      throw Napi::TypeError::New(info.Env(), "expected a TokenVocabulary");
    }
    const auto vocabulary = VocabularyObject::Unwrap(info[1].As<Napi::Object>())->vocabulary();
    const std::uint64_t memory_bytes = CountOf(info[2]);
    Guard(info.Env(), [&] { grammar_ = OpenGrammar(tables, vocabulary, memory_bytes); });
    info.This().As<Napi::Object>().TypeTag(&kGrammarTag);
  }

  [[nodiscard]] const std::shared_ptr<TokenGrammar>& grammar() const { return grammar_; }

 private:
  Napi::Value Replay(const CallbackInfo& info) {
    const auto tokens = ArrayOf<std::int32_t, napi_int32_array>(info[0], "an Int32Array");
    const auto nanoseconds = ArrayOf<double, napi_float64_array>(info[1], "a Float64Array");
    if (nanoseconds.size() < tokens.size()) {
      throw Napi::RangeError::New(info.Env(), "the array for the times is shorter than the tokens");
    }
    return Guard(info.Env(), [&] {
      const std::int64_t at = grammar::Replay(grammar_, tokens, nanoseconds);
      return Napi::Number::New(info.Env(), static_cast<double>(at));
    });
  }

  Napi::Value Stats(const CallbackInfo& info) {
    const GrammarStats stats = grammar_->Stats();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("states", static_cast<double>(stats.states));
    result.Set("masks", static_cast<double>(stats.masks));
    result.Set("bytes", static_cast<double>(stats.bytes));
    result.Set("renewals", static_cast<double>(stats.renewals));
    return result;
  }

  std::shared_ptr<TokenGrammar> grammar_;
};

// new TokenMatcher(grammar) begins, new TokenMatcher(matcher) goes on beside another.
class MatcherObject : public Napi::ObjectWrap<MatcherObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "TokenMatcher",
                       {InstanceMethod<&MatcherObject::Mask>("mask"),
                        InstanceMethod<&MatcherObject::Allows>("allows"),
                        InstanceMethod<&MatcherObject::Accept>("accept"),
                        InstanceMethod<&MatcherObject::Rollback>("rollback"),
                        InstanceMethod<&MatcherObject::ForcedBytes>("forcedBytes"),
                        InstanceMethod<&MatcherObject::ForcedTokens>("forcedTokens"),
                        InstanceAccessor<&MatcherObject::IsAccepting>("isAccepting"),
                        InstanceAccessor<&MatcherObject::MustEnd>("mustEnd"),
                        InstanceAccessor<&MatcherObject::Depth>("depth")});
  }

  explicit MatcherObject(const CallbackInfo& info) : ObjectWrap(info) {
    Guard(info.Env(), [&] {
      if (HasTag(info[0], kGrammarTag)) {
        matcher_.emplace(GrammarObject::Unwrap(info[0].As<Napi::Object>())->grammar());
      } else if (HasTag(info[0], kMatcherTag)) {
        matcher_.emplace(*Unwrap(info[0].As<Napi::Object>())->matcher_);
      } else {
        throw Napi::TypeError::New(info.Env(), "expected a TokenGrammar or a TokenMatcher");
      }
    });
    info.This().As<Napi::Object>().TypeTag(&kMatcherTag);
  }

 private:
  // Copies: the words behind a mask may be gone after the matcher's next step.
  Napi::Value Mask(const CallbackInfo& info) {
    const auto into = WordsOf(info[0]);
    const std::span<const std::uint32_t> mask = Guard(info.Env(), [&] { return matcher_->Mask(); });
    if (into.size() < mask.size()) {
      throw Napi::RangeError::New(info.Env(), "the array for the mask is too short");
    }
    std::ranges::copy(mask, into.begin());
    return info[0];
  }
  Napi::Value Allows(const CallbackInfo& info) {
    const std::uint32_t token = TokenOf(info[0]);
    return Guard(info.Env(), [&] { return Napi::Boolean::New(info.Env(), matcher_->Allows(token)); });
  }
  Napi::Value Accept(const CallbackInfo& info) {
    const std::uint32_t token = TokenOf(info[0]);
    return Guard(info.Env(), [&] { return Napi::Boolean::New(info.Env(), matcher_->Accept(token)); });
  }
  void Rollback(const CallbackInfo& info) {
    const std::uint64_t count = CountOf(info[0]);
    Guard(info.Env(), [&] { matcher_->Rollback(count); });
  }
  Napi::Value ForcedBytes(const CallbackInfo& info) {
    return Guard(info.Env(), [&] { return ToArray<std::uint8_t>(info.Env(), matcher_->ForcedBytes()); });
  }
  Napi::Value ForcedTokens(const CallbackInfo& info) {
    if (!info[0].IsFunction()) {
      throw Napi::TypeError::New(info.Env(), "expected a function that tokenizes");
    }
    const auto function = info[0].As<Napi::Function>();
    const Tokenizer tokenize = [&](std::span<const std::uint8_t> text) {
      auto bytes = Napi::Uint8Array::New(info.Env(), text.size());
      std::ranges::copy(text, bytes.Data());
      const auto tokens = WordsOf(function.Call({bytes}));
      return std::vector<std::uint32_t>(tokens.begin(), tokens.end());
    };
    return Guard(info.Env(), [&] { return ToArray<std::uint32_t>(info.Env(), matcher_->ForcedTokens(tokenize)); });
  }
  Napi::Value IsAccepting(const CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), matcher_->IsAccepting());
  }
  Napi::Value MustEnd(const CallbackInfo& info) { return Napi::Boolean::New(info.Env(), matcher_->MustEnd()); }
  Napi::Value Depth(const CallbackInfo& info) {
    return Napi::Number::New(info.Env(), static_cast<double>(matcher_->depth()));
  }

  std::optional<TokenMatcher> matcher_;
};

}  // namespace

std::shared_ptr<TokenGrammar> GrammarOf(const Napi::Value& value) {
  if (!HasTag(value, kGrammarTag)) {
    throw Napi::TypeError::New(value.Env(), "expected a TokenGrammar");
  }
  return GrammarObject::Unwrap(value.As<Napi::Object>())->grammar();
}

void RegisterGrammar(Napi::Env env, Napi::Object exports) {
  exports.Set("TokenVocabulary", VocabularyObject::Define(env));
  exports.Set("TokenGrammar", GrammarObject::Define(env));
  exports.Set("TokenMatcher", MatcherObject::Define(env));
}

}  // namespace rowmill::grammar
