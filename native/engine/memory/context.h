#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/graph/graph_sampler.h"
#include "engine/llama/model.h"

namespace rowmill::engine {

struct ContextSettings {
  // Sequences, the one that holds the job's prefix included.
  std::uint32_t sequences = 1;
  // Tokens of all sequences together; what several share counts once.
  std::uint64_t tokens = 512;
  // Of one decode.
  std::uint32_t batch_tokens = 512;
  std::uint32_t threads = 1;
  // Most logits that are wanted of one decode; 0: of every token.
  std::uint32_t outputs = 0;
  // Samples in the context's graph; nullptr: logits are given. It outlives the context.
  GraphSampler* graph = nullptr;
};

// Loads all of a model but its weights and makes a small context: what llama.cpp has against the file comes to light
// before memory is planned or taken for it.
// @throws EngineError with llama.cpp's reason
void TryModel(ModelSettings settings);

// llama.cpp's context: the memory of the sequences and what computes. Used by one thread.
class Context {
 public:
  // @throws EngineError with llama.cpp's reason: most often there is not enough memory
  Context(std::shared_ptr<const Model> model, const ContextSettings& settings);

  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] llama_context* get() const { return context_.get(); }

  // What the next decode computes.
  void ClearBatch();
  [[nodiscard]] std::uint32_t room() const { return batch_tokens_ - batch_.size(); }
  [[nodiscard]] std::uint32_t batch_size() const { return batch_.size(); }
  // @param wants_logits whether the logits behind the token are to be read afterwards
  // @returns its place in the batch
  std::uint32_t Add(std::int32_t token, std::uint32_t position, std::int32_t sequence, bool wants_logits);
  // @throws EngineError
  void Decode();
  // Behind the token at a place of the last batch, valid until the next decode; there are none where the graph samples.
  [[nodiscard]] std::span<const float> Logits(std::uint32_t place) const;

  // Forgets a sequence's tokens from a position on.
  void Cut(std::int32_t sequence, std::uint32_t from);
  // Gives a sequence the tokens [from, to) of another as well; they are not computed or stored again.
  void Share(std::int32_t source, std::int32_t target, std::uint32_t from, std::uint32_t to);
  // Gives an empty sequence the whole state of another.
  void ShareAll(std::int32_t source, std::int32_t target);
  void Clear();

 private:
  struct Batch {
    std::vector<std::int32_t> tokens;
    std::vector<std::int32_t> positions;
    std::vector<std::int32_t> sequence_counts;
    std::vector<std::int32_t> sequences;
    std::vector<std::int32_t*> sequence_pointers;
    std::vector<std::int8_t> wants_logits;
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(tokens.size()); }
  };
  struct FreeContext {
    const LlamaFunctions* llama;
    void operator()(llama_context* context) const { llama->llama_free(context); }
  };
  struct FreeThreads {
    void (*free)(ggml_threadpool*);
    void operator()(ggml_threadpool* threads) const { free(threads); }
  };

  void AttachThreads(std::uint32_t threads);
  [[nodiscard]] std::int32_t Compute(const llama_batch& batch);
  [[nodiscard]] llama_memory_t memory() const { return llama_.llama_get_memory(context_.get()); }

  std::shared_ptr<const Model> model_;
  const LlamaFunctions& llama_;
  std::uint32_t batch_tokens_;
  bool computes_alone_;
  Batch batch_;
  // Before the context, which computes on them: freed after it.
  std::unique_ptr<ggml_threadpool, FreeThreads> threads_;
  std::unique_ptr<llama_context, FreeContext> context_;
};

}  // namespace rowmill::engine
