#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llama_functions.h"

namespace rowmill::engine {

struct ModelSettings {
  std::string path;
  // "cuda", "vulkan", "metal" or "" for the CPU.
  std::string backend;
  // Layers on the GPU; negative: all.
  std::int32_t gpu_layers = 0;
  // Everything but the weights, to see whether llama.cpp takes the file: no memory is allocated for them.
  bool is_trial = false;
};

// A model's weights and vocabulary. Immutable; shared by all threads of the process.
class Model {
 public:
  // @throws EngineError with llama.cpp's reason
  explicit Model(const ModelSettings& settings);

  [[nodiscard]] const LlamaFunctions& llama() const { return llama_; }
  [[nodiscard]] llama_model* get() const { return model_.get(); }
  [[nodiscard]] std::uint32_t vocabulary_size() const { return static_cast<std::uint32_t>(pieces_.size()); }
  [[nodiscard]] std::uint64_t bytes() const;
  // Whether a sequence's memory can be cut anywhere. That of recurrent and hybrid models is one state, which stands
  // for all tokens before it.
  [[nodiscard]] bool can_cut() const { return can_cut_; }
  [[nodiscard]] bool is_end(std::int32_t token) const { return is_end_[static_cast<std::size_t>(token)]; }
  [[nodiscard]] const std::vector<std::int32_t>& end_tokens() const { return end_tokens_; }
  // A token's text in UTF-8, perhaps half a character; empty for control tokens.
  [[nodiscard]] const std::string& piece(std::int32_t token) const {
    return pieces_[static_cast<std::size_t>(token)];
  }

  [[nodiscard]] std::uint32_t context_length() const;
  // A value of the file's metadata as text; empty where there is none.
  [[nodiscard]] std::string Metadata(const char* key) const;
  // As the file writes them; empty where the vocabulary has none.
  [[nodiscard]] std::string bos_text() const;
  [[nodiscard]] std::string eos_text() const;
  [[nodiscard]] bool adds_bos() const;

  // @param reads_special whether the text of a special token stands for that token, or for itself
  [[nodiscard]] std::vector<std::int32_t> Tokenize(std::string_view text, bool reads_special) const;
  // The tokens of text that goes on behind other text: no space is put before it, as some vocabularies do at a
  // beginning.
  [[nodiscard]] std::vector<std::int32_t> TokenizeBehind(std::string_view text) const;

 private:
  struct Free {
    const LlamaFunctions* llama;
    void operator()(llama_model* model) const { llama->llama_model_free(model); }
  };

  [[nodiscard]] const llama_vocab* vocab() const { return llama_.llama_model_get_vocab(model_.get()); }
  [[nodiscard]] std::string TextOf(std::int32_t token) const;
  void ReadVocabulary();

  const LlamaFunctions& llama_;
  std::unique_ptr<llama_model, Free> model_;
  bool can_cut_ = true;
  bool begins_with_space_ = false;
  std::vector<std::string> pieces_;
  std::vector<bool> is_end_;
  std::vector<std::int32_t> end_tokens_;
};

// The model of a file, loaded once for all who hold it; the file's size and time of change belong to its name.
// @throws EngineError with llama.cpp's reason
std::shared_ptr<const Model> OpenModel(const ModelSettings& settings);

}  // namespace rowmill::engine
