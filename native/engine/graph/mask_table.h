#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/llama/llama_functions.h"

namespace rowmill::engine {

struct FreeTensors {
  const LlamaFunctions* llama;
  void operator()(ggml_context* context) const { llama->ggml_free(context); }
};
using TensorContext = std::unique_ptr<ggml_context, FreeTensors>;

// Room for the descriptions of so many tensors, not for what they hold; nullptr where there is none.
TensorContext MakeTensorContext(const LlamaFunctions& llama, std::size_t tensors);

// Masks (see logits.h) in the memory of the device that samples, each a row of a tensor: 0 for an allowed token, minus
// infinity for another. A grammar's masks come again and again, so that a step sends its masks' row numbers instead of
// four bytes a token. Row 0 allows everything.
class MaskTable {
 public:
  // @param rows the first one included; at least two more than a batch has masks
  MaskTable(const LlamaFunctions& llama, std::uint32_t vocabulary_size, std::uint32_t rows);

  // Takes the memory, once; false where there is none. Everything below needs it.
  bool Allocate(ggml_backend_buffer_type_t buffer_type);
  // 16-bit floats, [vocabulary, rows].
  [[nodiscard]] ggml_tensor* tensor() const { return tensor_; }

  // The rows of earlier batches may make way.
  void BeginBatch() { batch_++; }
  // The row that holds a mask, which is put there if none does. It stays until the next batch begins.
  std::int32_t RowOf(std::span<const std::uint32_t> mask);

 private:
  struct Row {
    std::vector<std::uint32_t> mask;
    std::size_t hash = 0;
    std::uint64_t batch = 0;
  };
  struct FreeBuffer {
    const LlamaFunctions* llama;
    void operator()(ggml_backend_buffer* buffer) const { llama->ggml_backend_buffer_free(buffer); }
  };

  void Write(std::size_t row, std::span<const std::uint32_t> mask);

  const LlamaFunctions& llama_;
  std::uint32_t vocabulary_size_;
  TensorContext context_;
  std::unique_ptr<ggml_backend_buffer, FreeBuffer> buffer_;
  ggml_tensor* tensor_ = nullptr;
  std::vector<Row> rows_;
  std::unordered_map<std::size_t, std::size_t> by_hash_;
  std::uint64_t batch_ = 1;
  std::vector<std::uint16_t> floats_;
};

}  // namespace rowmill::engine
