#pragma once

#include <ggml-alloc.h>
#include <ggml-cpu.h>
#include <llama.h>

namespace rowmill::engine {

// The functions of libllama and libggml that the engine calls. Nothing is linked: node-llama-cpp has loaded the
// libraries, and these pointers are looked up in them (llama_library.h).
// A list to be expanded, so that no function can be declared and not looked up.
#define ROWMILL_LLAMA_FUNCTIONS(X) \
  X(llama_attach_threadpool)       \
  X(llama_context_default_params)  \
  X(llama_decode)                  \
  X(llama_free)                    \
  X(llama_get_logits_ith)          \
  X(llama_get_memory)              \
  X(llama_get_sampled_candidates_ith) \
  X(llama_get_sampled_logits_ith)  \
  X(llama_get_sampled_probs_ith)   \
  X(llama_get_sampled_token_ith)   \
  X(llama_init_from_model)         \
  X(llama_log_get)                 \
  X(llama_log_set)                 \
  X(llama_memory_clear)            \
  X(llama_memory_seq_cp)           \
  X(llama_memory_seq_rm)           \
  X(llama_model_default_params)    \
  X(llama_model_free)              \
  X(llama_model_get_vocab)         \
  X(llama_model_has_encoder)       \
  X(llama_model_is_hybrid)         \
  X(llama_model_is_recurrent)      \
  X(llama_model_load_from_file)    \
  X(llama_model_meta_val_str)      \
  X(llama_model_n_ctx_train)       \
  X(llama_model_size)              \
  X(llama_n_batch)                 \
  X(llama_sampler_chain_add)       \
  X(llama_sampler_chain_default_params) \
  X(llama_sampler_chain_init)      \
  X(llama_sampler_free)            \
  X(llama_sampler_init)            \
  X(llama_set_sampler)             \
  X(llama_token_to_piece)          \
  X(llama_tokenize)                \
  X(llama_vocab_bos)               \
  X(llama_vocab_eos)               \
  X(llama_vocab_get_add_bos)       \
  X(llama_vocab_get_attr)          \
  X(llama_vocab_get_text)          \
  X(llama_vocab_is_eog)            \
  X(llama_vocab_n_tokens)          \
  X(llama_vocab_type)              \
  X(ggml_add)                      \
  X(ggml_argmax)                   \
  X(ggml_backend_alloc_ctx_tensors_from_buft) \
  X(ggml_backend_buffer_free)      \
  X(ggml_backend_buffer_set_usage) \
  X(ggml_backend_buft_get_device)  \
  X(ggml_backend_dev_supports_op)  \
  X(ggml_backend_reg_by_name)      \
  X(ggml_backend_reg_get_proc_address) \
  X(ggml_backend_tensor_set)       \
  X(ggml_free)                     \
  X(ggml_get_first_tensor)         \
  X(ggml_get_next_tensor)          \
  X(ggml_get_rows)                 \
  X(ggml_init)                     \
  X(ggml_new_tensor_1d)            \
  X(ggml_new_tensor_2d)            \
  X(ggml_reshape_3d)               \
  X(ggml_set_abort_callback)       \
  X(ggml_set_input)                \
  X(ggml_sum_rows)                 \
  X(ggml_tensor_overhead)          \
  X(ggml_threadpool_params_default) \
  X(ggml_top_k)                    \
  X(ggml_view_1d)

struct LlamaFunctions {
#define ROWMILL_DECLARE(name) decltype(&::name) name;
  ROWMILL_LLAMA_FUNCTIONS(ROWMILL_DECLARE)
#undef ROWMILL_DECLARE
};

}  // namespace rowmill::engine
