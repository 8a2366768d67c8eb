#include "engine_binding.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/llama/llama_library.h"
#include "engine/llama/loaded_code.h"
#include "engine/llama/model.h"
#include "engine/loop/batch_loop.h"
#include "engine_error.h"
#include "grammar/grammar_binding.h"
#include "napi_line.h"

namespace rowmill::engine {
namespace {

using Napi::CallbackInfo;

constexpr napi_type_tag kModelTag = {0x726f776d696c6c31, 0x6d6f64656c000001};

// What llama.cpp or the machine refuses has the code "ENGINE".
template <typename Work>
auto Guard(Napi::Env env, Work work) -> decltype(work()) {
  return GuardLine<EngineError>(env, [](const EngineError&) { return "ENGINE"; }, work);
}

std::vector<std::int32_t> TokensOf(const Napi::Value& value) {
  const auto tokens = WordsOf(value);
  return {tokens.begin(), tokens.end()};
}

// new EngineModel(path, backend, gpuLayers)
class ModelObject : public Napi::ObjectWrap<ModelObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "EngineModel",
                       {InstanceMethod<&ModelObject::Tokenize>("tokenize"),
                        InstanceMethod<&ModelObject::TokenizeBehind>("tokenizeBehind"),
                        InstanceMethod<&ModelObject::Close>("close"),
                        InstanceMethod<&ModelObject::Facts>("facts"),
                        InstanceMethod<&ModelObject::Tokens>("tokens")});
  }

  explicit ModelObject(const CallbackInfo& info) : ObjectWrap(info) {
    ModelSettings settings{.path = info[0].As<Napi::String>(),
                           .backend = info[1].As<Napi::String>(),
                           .gpu_layers = info[2].As<Napi::Number>().Int32Value()};
    Guard(info.Env(), [&] { model_ = OpenModel(settings); });
    info.This().As<Napi::Object>().TypeTag(&kModelTag);
  }

  // @throws a JavaScript error after close()
  [[nodiscard]] const std::shared_ptr<const Model>& model(Napi::Env env) const {
    if (model_ == nullptr) {
      throw Napi::Error::New(env, "the model is closed");
    }
    return model_;
  }

 private:
  Napi::Value Tokenize(const CallbackInfo& info) {
    const std::string text = info[0].As<Napi::String>();
    const bool reads_special = info[1].ToBoolean();
    return Guard(info.Env(), [&] { return ToArray<std::uint32_t>(info.Env(), model(info.Env())->Tokenize(text, reads_special)); });
  }
  Napi::Value TokenizeBehind(const CallbackInfo& info) {
    const std::string text = info[0].As<Napi::String>();
    return Guard(info.Env(), [&] { return ToArray<std::uint32_t>(info.Env(), model(info.Env())->TokenizeBehind(text)); });
  }
  void Close(const CallbackInfo&) { model_.reset(); }
  Napi::Value Facts(const CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Model& model = *this->model(env);
    const auto text = [&](const std::string& value) -> Napi::Value {
      return value.empty() ? env.Null() : Napi::String::New(env, value);
    };
    auto facts = Napi::Object::New(env);
    facts.Set("contextLength", Napi::Number::New(env, model.context_length()));
    facts.Set("vocabularySize", Napi::Number::New(env, model.vocabulary_size()));
    facts.Set("fileBytes", Napi::Number::New(env, static_cast<double>(model.bytes())));
    facts.Set("architecture", Napi::String::New(env, model.Metadata("general.architecture")));
    facts.Set("chatTemplate", text(model.Metadata("tokenizer.chat_template")));
    facts.Set("bosText", text(model.bos_text()));
    facts.Set("eosText", text(model.eos_text()));
    facts.Set("prependsBos", Napi::Boolean::New(env, model.adds_bos()));
    return facts;
  }
  // As TokenVocabulary takes them.
  Napi::Value Tokens(const CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const Model& model = *this->model(env);
    std::string bytes;
    auto offsets = Napi::Uint32Array::New(env, model.vocabulary_size() + std::size_t{1});
    for (std::uint32_t token = 0; token < model.vocabulary_size(); token++) {
      bytes += model.piece(static_cast<std::int32_t>(token));
      offsets[token + std::size_t{1}] = static_cast<std::uint32_t>(bytes.size());
    }
    auto array = Napi::Uint8Array::New(env, bytes.size());
    std::ranges::copy(bytes, array.Data());
    auto tokens = Napi::Object::New(env);
    tokens.Set("bytes", array);
    tokens.Set("offsets", offsets);
    tokens.Set("endTokens", ToArray<std::uint32_t>(env, model.end_tokens()));
    return tokens;
  }

  std::shared_ptr<const Model> model_;
};

// @throws a JavaScript RangeError for what is no token: llama.cpp and the penalties' counts trust them
void CheckTokens(Napi::Env env, const std::vector<std::int32_t>& tokens, const Model& model) {
  const auto is_token = [&](std::int32_t token) { return static_cast<std::uint32_t>(token) < model.vocabulary_size(); };
  if (!std::ranges::all_of(tokens, is_token)) {
    throw Napi::RangeError::New(env, "a token id is not in the model's vocabulary");
  }
}

// Reads the job's settings, an object that src/engine/local/native/nativeEngine.ts makes.
class SettingsReader {
 public:
  explicit SettingsReader(Napi::Object object) : object_(std::move(object)) {}

  [[nodiscard]] std::uint32_t Count(const char* name) const { return Number(name).Uint32Value(); }
  [[nodiscard]] float Real(const char* name) const { return Number(name).FloatValue(); }
  [[nodiscard]] bool Flag(const char* name) const { return object_.Get(name).ToBoolean(); }
  [[nodiscard]] std::vector<std::int32_t> Tokens(const char* name) const { return TokensOf(object_.Get(name)); }
  template <typename Element, typename Read>
  [[nodiscard]] std::vector<Element> List(const char* name, Read read) const {
    const auto array = object_.Get(name).As<Napi::Array>();
    std::vector<Element> list;
    for (std::uint32_t at = 0; at < array.Length(); at++) {
      list.push_back(read(array.Get(at)));
    }
    return list;
  }

 private:
  [[nodiscard]] Napi::Number Number(const char* name) const {
    const Napi::Value value = object_.Get(name);
    if (!value.IsNumber()) {
      throw Napi::TypeError::New(object_.Env(), std::string("expected a number: ") + name);
    }
    return value.As<Napi::Number>();
  }

  Napi::Object object_;
};

std::vector<std::string> TextsOf(const Napi::Value& value) {
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (std::uint32_t at = 0; at < array.Length(); at++) {
    texts.push_back(array.Get(at).As<Napi::String>());
  }
  return texts;
}

LabelField FieldOf(const Napi::Value& value) {
  const SettingsReader read(value.As<Napi::Object>());
  return {.is_whole = read.Flag("isWhole"),
          .path = read.List<std::vector<std::string>>("path", TextsOf),
          .texts = TextsOf(value.As<Napi::Object>().Get("texts"))};
}

JobSettings ReadSettings(const Napi::Object& object, std::shared_ptr<grammar::TokenGrammar> grammar) {
  const SettingsReader read(object);
  return {
      .slots = read.Count("slots"),
      .threads = read.Count("threads"),
      .slot_tokens = read.Count("slotTokens"),
      .batch_tokens = read.Count("batchTokens"),
      .draft_tokens = read.Count("draftTokens"),
      .prefix = read.Tokens("prefix"),
      .suffix = read.Tokens("suffix"),
      .sampling = {.temperature = read.Real("temperature"),
                   .top_p = read.Real("topP"),
                   .top_k = read.Count("topK"),
                   .min_p = read.Real("minP"),
                   .presence_penalty = read.Real("presencePenalty"),
                   .frequency_penalty = read.Real("frequencyPenalty"),
                   .repetition_penalty = read.Real("repetitionPenalty")},
      .max_tokens = read.Count("maxTokens"),
      .stops = read.List<std::string>("stop", [](const Napi::Value& text) { return text.As<Napi::String>().Utf8Value(); }),
      .wants_logprobs = read.Flag("logprobs") || read.Flag("tokenLogprobs"),
      .wants_token_logprobs = read.Flag("tokenLogprobs"),
      .samples_forced = read.Flag("samplesForced"),
      .grammar = std::move(grammar),
      .labels = read.List<std::vector<std::int32_t>>("labels", TokensOf),
      .fields = read.List<LabelField>("fields", FieldOf),
      .samples_in_graph = read.Flag("samplesInGraph"),
  };
}

// new BatchLoop(model, settings, grammar | null, counts): `counts`, a Float64Array, holds the loop's counts after
// each step, in the order of COUNTS in src/engine/local/native/nativeEngine.ts.
class LoopObject : public Napi::ObjectWrap<LoopObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "BatchLoop",
                       {InstanceMethod<&LoopObject::Admit>("admit"), InstanceMethod<&LoopObject::Step>("step"),
                        InstanceMethod<&LoopObject::Close>("close"),
                        InstanceAccessor<&LoopObject::HasFreeSlot>("hasFreeSlot"),
                        InstanceAccessor<&LoopObject::IsBusy>("isBusy")});
  }

  explicit LoopObject(const CallbackInfo& info) : ObjectWrap(info) {
    const Napi::Env env = info.Env();
    if (!info[0].IsObject() || !info[0].As<Napi::Object>().CheckTypeTag(&kModelTag)) {
      throw Napi::TypeError::New(env, "expected an EngineModel");
    }
    const auto model = ModelObject::Unwrap(info[0].As<Napi::Object>())->model(env);
    auto grammar = info[2].IsNull() ? nullptr : grammar::GrammarOf(info[2]);
    JobSettings settings = ReadSettings(info[1].As<Napi::Object>(), std::move(grammar));
    CheckTokens(env, settings.prefix, *model);
    CheckTokens(env, settings.suffix, *model);
    for (const std::vector<std::int32_t>& label : settings.labels) {
      CheckTokens(env, label, *model);
    }
    const auto counts = info[3].As<Napi::Float64Array>();
    if (counts.ElementLength() < kCounts) {
      throw Napi::RangeError::New(env, "the array for the counts is too short");
    }
    counts_ = Napi::Persistent(counts);
    Guard(env, [&] { loop_ = std::make_unique<BatchLoop>(model, std::move(settings)); });
  }

 private:
  static constexpr std::size_t kCounts = 11;

  BatchLoop& loop(Napi::Env env) {
    if (loop_ == nullptr) {
      throw Napi::Error::New(env, "the loop is closed");
    }
    return *loop_;
  }

  void Admit(const CallbackInfo& info) {
    const Row row{.index = static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value()),
            .tokens = TokensOf(info[1]),
            .seed = info[2].As<Napi::Number>().Uint32Value()};
    CheckTokens(info.Env(), row.tokens, loop(info.Env()).model());
    Guard(info.Env(), [&] { loop(info.Env()).Admit(row); });
  }

  Napi::Value Step(const CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const std::vector<RowResult> results = Guard(env, [&] { return loop(env).Step(); });
    const LoopCounts& counts = loop_->counts();
    const double values[kCounts] = {
        static_cast<double>(counts.steps),           static_cast<double>(counts.input_tokens),
        static_cast<double>(counts.shared_tokens),   static_cast<double>(counts.output_tokens),
        static_cast<double>(counts.forced_tokens),   static_cast<double>(counts.drafted_tokens),
        static_cast<double>(counts.accepted_tokens), static_cast<double>(counts.graph_tokens),
        static_cast<double>(counts.computed_tokens), counts.decode_ms,
        counts.total_ms};
    std::ranges::copy(values, counts_.Value().Data());
    if (results.empty()) {
      return env.Null();
    }
    auto array = Napi::Array::New(env, results.size());
    for (std::uint32_t at = 0; at < results.size(); at++) {
      array.Set(at, ToObject(env, results[at]));
    }
    return array;
  }

  Napi::Object ToObject(Napi::Env env, const RowResult& result) const {
    auto object = Napi::Object::New(env);
    object.Set("index", Napi::Number::New(env, static_cast<double>(result.index)));
    if (!result.error.empty()) {
      object.Set("error", Napi::String::New(env, result.error));
      return object;
    }
    object.Set("text", Napi::String::New(env, result.text));
    object.Set("isCut", Napi::Boolean::New(env, result.is_cut));
    object.Set("inputTokens", Napi::Number::New(env, result.input_tokens));
    object.Set("sharedTokens", Napi::Number::New(env, result.shared_tokens));
    object.Set("outputTokens", Napi::Number::New(env, result.output_tokens));
    object.Set("logprob", Napi::Number::New(env, result.logprob));
    auto labels = Napi::Array::New(env, result.label_logprobs.size());
    for (std::uint32_t list = 0; list < result.label_logprobs.size(); list++) {
      labels.Set(list, ToArray<double>(env, result.label_logprobs[list]));
    }
    object.Set("labelLogprobs", labels);
    if (loop_->gives_token_logprobs()) {
      object.Set("tokenLogprobs", LogprobColumns(env, result));
    }
    return object;
  }

  // The output's tokens by columns: their UTF-8 bytes one behind the other, how many each has, their logarithms.
  Napi::Object LogprobColumns(Napi::Env env, const RowResult& result) const {
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint16_t> lengths;
    for (const std::int32_t token : result.tokens) {
      const std::string& piece = loop_->model().piece(token);
      bytes.insert(bytes.end(), piece.begin(), piece.end());
      lengths.push_back(static_cast<std::uint16_t>(piece.size()));
    }
    auto columns = Napi::Object::New(env);
    columns.Set("bytes", ToArray<std::uint8_t>(env, bytes));
    columns.Set("lengths", ToArray<std::uint16_t>(env, lengths));
    columns.Set("logprobs", ToArray<float>(env, result.token_logprobs));
    return columns;
  }

  void Close(const CallbackInfo&) { loop_.reset(); }
  Napi::Value HasFreeSlot(const CallbackInfo& info) {
    return Napi::Boolean::New(info.Env(), loop(info.Env()).has_free_slot());
  }
  Napi::Value IsBusy(const CallbackInfo& info) { return Napi::Boolean::New(info.Env(), loop(info.Env()).is_busy()); }

  std::unique_ptr<BatchLoop> loop_;
  Napi::Reference<Napi::Float64Array> counts_;
};

// tryModel(path, backend)
Napi::Value TryModelFile(const CallbackInfo& info) {
  const ModelSettings settings{.path = info[0].As<Napi::String>(), .backend = info[1].As<Napi::String>()};
  Guard(info.Env(), [&] { TryModel(settings); });
  return info.Env().Undefined();
}

}  // namespace

void RegisterEngine(Napi::Env env, Napi::Object exports) {
  // llama.cpp calls back into this library.
  KeepLoaded(reinterpret_cast<const void*>(&RegisterEngine));
  exports.Set("tryModel", Napi::Function::New(env, TryModelFile, "tryModel"));
  exports.Set("EngineModel", ModelObject::Define(env));
  exports.Set("BatchLoop", LoopObject::Define(env));
  exports.Set("llamaRelease", Napi::String::New(env, std::string(CompiledRelease())));
}

}  // namespace rowmill::engine
