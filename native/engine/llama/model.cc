#include "model.h"

#include <filesystem>
#include <map>
#include <mutex>

#include "abort_net.h"
#include "engine/engine_error.h"
#include "llama_library.h"
#include "log_capture.h"

namespace rowmill::engine {

Model::Model(const ModelSettings& settings)
    : llama_(FindLlama(settings.backend)), model_(nullptr, Free{.llama = &llama_}) {
  const LogCapture log(llama_);
  const AbortNet net;
  llama_model_params params = llama_.llama_model_default_params();
  params.n_gpu_layers = settings.gpu_layers;
  if (settings.is_trial) {
    params.no_alloc = true;
    params.load_mode = LLAMA_LOAD_MODE_NONE;
  }
  model_.reset(llama_.llama_model_load_from_file(settings.path.c_str(), params));
  if (model_ == nullptr) {
    throw EngineError(log.Reason("the file can't be loaded"));
  }
  if (llama_.llama_model_has_encoder(model_.get())) {
    throw EngineError("models with an encoder can't be run row by row");
  }
  if (llama_.llama_vocab_type(vocab()) == LLAMA_VOCAB_TYPE_NONE) {
    throw EngineError("the file holds no vocabulary");
  }
  can_cut_ = !llama_.llama_model_is_recurrent(model_.get()) && !llama_.llama_model_is_hybrid(model_.get());
  ReadVocabulary();
}

void Model::ReadVocabulary() {
  const auto size = static_cast<std::size_t>(llama_.llama_vocab_n_tokens(vocab()));
  pieces_.resize(size);
  is_end_.resize(size);
  std::string buffer(256, '\0');
  for (std::size_t id = 0; id < size; id++) {
    const auto token = static_cast<std::int32_t>(id);
    if (llama_.llama_vocab_is_eog(vocab(), token)) {
      is_end_[id] = true;
      end_tokens_.push_back(token);
      continue;
    }
    if ((llama_.llama_vocab_get_attr(vocab(), token) & LLAMA_TOKEN_ATTR_UNUSED) != 0) {
      continue;
    }
    const auto write = [&] {
      return llama_.llama_token_to_piece(vocab(), token, buffer.data(), static_cast<std::int32_t>(buffer.size()), 0,
                                         false);
    };
    std::int32_t length = write();
    if (length < 0) {
      buffer.resize(static_cast<std::size_t>(-length));
      length = write();
    }
    pieces_[id].assign(buffer, 0, static_cast<std::size_t>(length));
  }
  const std::vector<std::int32_t> letter = Tokenize("a", false);
  begins_with_space_ = !letter.empty() && piece(letter.front()).starts_with(' ');
}

std::uint64_t Model::bytes() const { return llama_.llama_model_size(model_.get()); }

std::uint32_t Model::context_length() const {
  return static_cast<std::uint32_t>(llama_.llama_model_n_ctx_train(model_.get()));
}

std::string Model::Metadata(const char* key) const {
  const std::int32_t length = llama_.llama_model_meta_val_str(model_.get(), key, nullptr, 0);
  if (length <= 0) {
    return {};
  }
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  llama_.llama_model_meta_val_str(model_.get(), key, text.data(), text.size());
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string Model::TextOf(std::int32_t token) const {
  return token < 0 ? "" : llama_.llama_vocab_get_text(vocab(), token);
}

std::string Model::bos_text() const { return TextOf(llama_.llama_vocab_bos(vocab())); }
std::string Model::eos_text() const { return TextOf(llama_.llama_vocab_eos(vocab())); }
bool Model::adds_bos() const { return llama_.llama_vocab_get_add_bos(vocab()); }

std::vector<std::int32_t> Model::Tokenize(std::string_view text, bool reads_special) const {
  const AbortNet net;
  std::vector<std::int32_t> tokens(text.size() + 2);
  const auto write = [&] {
    return llama_.llama_tokenize(vocab(), text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                                 static_cast<std::int32_t>(tokens.size()), false, reads_special);
  };
  std::int32_t count = write();
  if (count < 0) {
    tokens.resize(static_cast<std::size_t>(-static_cast<std::int64_t>(count)));
    count = write();
  }
  if (count < 0) {
    throw EngineError("the text is too long for llama.cpp's tokenizer");
  }
  tokens.resize(static_cast<std::size_t>(count));
  return tokens;
}

std::vector<std::int32_t> Model::TokenizeBehind(std::string_view text) const {
  if (!begins_with_space_) {
    return Tokenize(text, false);
  }
  constexpr std::string_view kAnchor = "\n";
  const std::vector<std::int32_t> tokens = Tokenize(std::string(kAnchor) + std::string(text), false);
  std::string before;
  for (std::size_t place = 0; place < tokens.size(); place++) {
    before += piece(tokens[place]);
    if (before == kAnchor || before == " " + std::string(kAnchor)) {
      return {tokens.begin() + static_cast<std::ptrdiff_t>(place) + 1, tokens.end()};
    }
  }
  return Tokenize(text, false);
}

std::shared_ptr<const Model> OpenModel(const ModelSettings& settings) {
  struct Entry {
    std::mutex loading;
    std::weak_ptr<const Model> model;
  };
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<Entry>> entries;
  std::error_code unknown;
  const std::filesystem::path path = std::filesystem::weakly_canonical(settings.path, unknown);
  const auto size = std::filesystem::file_size(settings.path, unknown);
  const auto changed = std::filesystem::last_write_time(settings.path, unknown).time_since_epoch().count();
  const std::string key = path.string() + '\n' + std::to_string(size) + '\n' + std::to_string(changed) + '\n' +
                          settings.backend + '\n' + std::to_string(settings.gpu_layers);
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex);
    auto& known = entries[key];
    if (known == nullptr) {
      known = std::make_shared<Entry>();
    }
    entry = known;
  }
  // Whoever comes while it is being loaded waits for it.
  const std::lock_guard lock(entry->loading);
  std::shared_ptr<const Model> model = entry->model.lock();
  if (model == nullptr) {
    model = std::make_shared<const Model>(settings);
    entry->model = model;
  }
  return model;
}

}  // namespace rowmill::engine
