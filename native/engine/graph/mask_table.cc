#include "mask_table.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace rowmill::engine {
namespace {

// As 16-bit floats.
constexpr std::uint16_t kZero = 0;
constexpr std::uint16_t kMinusInfinity = 0xfc00;

std::size_t HashOf(std::span<const std::uint32_t> mask) {
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(mask.data()), mask.size_bytes()});
}

}  // namespace

TensorContext MakeTensorContext(const LlamaFunctions& llama, std::size_t tensors) {
  const ggml_init_params params = {
      .mem_size = tensors * llama.ggml_tensor_overhead(), .mem_buffer = nullptr, .no_alloc = true};
  return {llama.ggml_init(params), FreeTensors{.llama = &llama}};
}

MaskTable::MaskTable(const LlamaFunctions& llama, std::uint32_t vocabulary_size, std::uint32_t rows)
    : llama_(llama),
      vocabulary_size_(vocabulary_size),
      context_(nullptr, FreeTensors{.llama = &llama_}),
      buffer_(nullptr, FreeBuffer{.llama = &llama_}),
      rows_(rows) {}

bool MaskTable::Allocate(ggml_backend_buffer_type_t buffer_type) {
  context_ = MakeTensorContext(llama_, 1);
  if (context_ == nullptr) {
    return false;
  }
  const auto rows = static_cast<std::int64_t>(rows_.size());
  tensor_ = llama_.ggml_new_tensor_2d(context_.get(), GGML_TYPE_F16, vocabulary_size_, rows);
  buffer_.reset(llama_.ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), buffer_type));
  if (buffer_ == nullptr) {
    return false;
  }
  // What reads it runs where it lies.
  llama_.ggml_backend_buffer_set_usage(buffer_.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  Write(0, {});
  return true;
}

std::int32_t MaskTable::RowOf(std::span<const std::uint32_t> mask) {
  if (mask.empty()) {
    return 0;
  }
  const std::size_t hash = HashOf(mask);
  if (const auto known = by_hash_.find(hash); known != by_hash_.end()) {
    Row& row = rows_[known->second];
    if (std::ranges::equal(row.mask, mask)) {
      row.batch = batch_;
      return static_cast<std::int32_t>(known->second);
    }
  }
  const auto oldest = std::ranges::min_element(rows_.begin() + 1, rows_.end(), {}, &Row::batch);
  const auto at = static_cast<std::size_t>(oldest - rows_.begin());
  if (const auto former = by_hash_.find(oldest->hash); former != by_hash_.end() && former->second == at) {
    by_hash_.erase(former);
  }
  oldest->mask.assign(mask.begin(), mask.end());
  oldest->hash = hash;
  oldest->batch = batch_;
  by_hash_[hash] = at;
  Write(at, mask);
  return static_cast<std::int32_t>(at);
}

void MaskTable::Write(std::size_t row, std::span<const std::uint32_t> mask) {
  floats_.assign(vocabulary_size_, mask.empty() ? kZero : kMinusInfinity);
  for (std::size_t token = 0; token < std::min<std::size_t>(vocabulary_size_, mask.size() * 32); token++) {
    if ((mask[token / 32] >> (token % 32) & 1) != 0) {
      floats_[token] = kZero;
    }
  }
  llama_.ggml_backend_tensor_set(tensor_, floats_.data(), row * tensor_->nb[1], floats_.size() * sizeof(floats_[0]));
}

}  // namespace rowmill::engine
