#include "context.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "engine/engine_error.h"
#include "engine/llama/abort_net.h"
#include "engine/llama/log_capture.h"

namespace rowmill::engine {
namespace {

// What llama_decode's return values mean (llama.h).
std::string DecodeReason(std::int32_t code) {
  switch (code) {
    case 1:
      return "llama.cpp found no place for the batch in its KV cache";
    case 2:
      return "llama.cpp's decode was aborted";
    case -1:
      return "llama.cpp refused the batch";
    default:
      return "llama.cpp's decode failed with code " + std::to_string(code);
  }
}

}  // namespace

Context::Context(std::shared_ptr<const Model> model, const ContextSettings& settings)
    : model_(std::move(model)),
      llama_(model_->llama()),
      batch_tokens_(settings.batch_tokens),
      computes_alone_(settings.threads == 1),
      threads_(nullptr, FreeThreads{.free = nullptr}),
      context_(nullptr, FreeContext{.llama = &llama_}) {
  if (settings.tokens > std::numeric_limits<std::uint32_t>::max()) {
    throw EngineError("the model's context can't be created: its slots would hold " + std::to_string(settings.tokens) +
                      " tokens together");
  }
  const LogCapture log(llama_);
  const AbortNet net;
  llama_context_params params = llama_.llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(settings.tokens);
  params.n_batch = settings.batch_tokens;
  params.n_ubatch = settings.batch_tokens;
  params.n_seq_max = settings.sequences;
  params.n_threads = static_cast<std::int32_t>(settings.threads);
  params.n_threads_batch = static_cast<std::int32_t>(settings.threads);
  // One buffer for all sequences: what they share lies in it once, and a batch of unequal pieces is one graph.
  params.kv_unified = true;
  // Sliding windows too can then be cut and shared anywhere.
  params.swa_full = true;
  params.no_perf = true;
  params.n_outputs_max = settings.outputs;
  if (settings.graph != nullptr) {
    settings.graph->Join(params);
  }
  context_.reset(llama_.llama_init_from_model(model_->get(), params));
  if (context_ == nullptr) {
    throw EngineError("the model's context can't be created: " + log.Reason("not enough memory?"));
  }
  // Never more than the context holds, and llama.cpp ends the process over a larger batch.
  batch_tokens_ = std::min(batch_tokens_, llama_.llama_n_batch(context_.get()));
  if (settings.graph != nullptr && !settings.graph->has_joined()) {
    settings.graph->Leave(context_.get());
  }
  if (settings.threads > 1) {
    AttachThreads(settings.threads);
  }
}

void Context::AttachThreads(std::uint32_t threads) {
  // The CPU backend is a library of its own: its functions are asked for by name.
  ggml_backend_reg_t cpu = llama_.ggml_backend_reg_by_name("CPU");
  if (cpu == nullptr) {
    return;
  }
  const auto find = [&](const char* name) { return llama_.ggml_backend_reg_get_proc_address(cpu, name); };
  const auto make = reinterpret_cast<decltype(&::ggml_threadpool_new)>(find("ggml_threadpool_new"));
  const auto free = reinterpret_cast<decltype(&::ggml_threadpool_free)>(find("ggml_threadpool_free"));
  if (make == nullptr || free == nullptr) {
    return;
  }
  ggml_threadpool_params params = llama_.ggml_threadpool_params_default(static_cast<int>(threads));
  threads_ = {make(&params), FreeThreads{.free = free}};
  llama_.llama_attach_threadpool(context_.get(), threads_.get(), nullptr);
}

void TryModel(ModelSettings settings) {
  settings.is_trial = true;
  const Context context(std::make_shared<const Model>(settings), {});
}

void Context::ClearBatch() {
  batch_.tokens.clear();
  batch_.positions.clear();
  batch_.sequence_counts.clear();
  batch_.sequences.clear();
  batch_.wants_logits.clear();
}

std::uint32_t Context::Add(std::int32_t token, std::uint32_t position, std::int32_t sequence, bool wants_logits) {
  batch_.tokens.push_back(token);
  batch_.positions.push_back(static_cast<std::int32_t>(position));
  batch_.sequence_counts.push_back(1);
  batch_.sequences.push_back(sequence);
  batch_.wants_logits.push_back(wants_logits ? 1 : 0);
  return batch_.size() - 1;
}

void Context::Decode() {
  batch_.sequence_pointers.resize(batch_.size());
  for (std::size_t place = 0; place < batch_.size(); place++) {
    batch_.sequence_pointers[place] = &batch_.sequences[place];
  }
  const llama_batch batch = {
      .n_tokens = static_cast<std::int32_t>(batch_.size()),
      .token = batch_.tokens.data(),
      .embd = nullptr,
      .pos = batch_.positions.data(),
      .n_seq_id = batch_.sequence_counts.data(),
      .seq_id = batch_.sequence_pointers.data(),
      .logits = batch_.wants_logits.data(),
  };
  const LogCapture log(llama_);
  const std::int32_t code = Compute(batch);
  if (code != 0) {
    throw EngineError(log.Reason(DecodeReason(code)));
  }
}

std::int32_t Context::Compute(const llama_batch& batch) {
  std::optional<AbortNet> net;
  if (computes_alone_) {
    net.emplace();
  }
  try {
    return llama_.llama_decode(context_.get(), batch);
  } catch (const std::exception& error) {
    throw EngineError(std::string("llama.cpp's decode failed: ") + error.what());
  }
}

std::span<const float> Context::Logits(std::uint32_t place) const {
  const float* logits = llama_.llama_get_logits_ith(context_.get(), static_cast<std::int32_t>(place));
  if (logits == nullptr) {
    throw EngineError("llama.cpp gave no logits");
  }
  return {logits, model_->vocabulary_size()};
}

void Context::Cut(std::int32_t sequence, std::uint32_t from) {
  if (!llama_.llama_memory_seq_rm(memory(), sequence, static_cast<std::int32_t>(from), -1)) {
    throw EngineError("llama.cpp can't cut this model's memory");
  }
}

void Context::Share(std::int32_t source, std::int32_t target, std::uint32_t from, std::uint32_t to) {
  llama_.llama_memory_seq_cp(memory(), source, target, static_cast<std::int32_t>(from), static_cast<std::int32_t>(to));
}

void Context::ShareAll(std::int32_t source, std::int32_t target) {
  llama_.llama_memory_seq_cp(memory(), source, target, -1, -1);
}

void Context::Clear() { llama_.llama_memory_clear(memory(), false); }

}  // namespace rowmill::engine
