#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/llama/model.h"
#include "engine/sampling/sampling_settings.h"
#include "engine/sampling/token_sampler.h"
#include "mask_table.h"

namespace rowmill::engine {

struct GraphSettings {
  // Those that sample: 0, 1, …
  std::uint32_t sequences = 1;
  // Whether tokens are sampled under masks.
  bool has_masks = false;
  SamplingSettings sampling;
};

// Samples within llama.cpp's graph, where the logits are: instead of a row of them, as long as the vocabulary, what
// comes back to the host is the arg-max, or the few candidates from which the host draws.
//
// It chooses as TokenSampler does, but for what the host alone can tell: of equal largest logits the device takes the
// one it likes; of more than eight equal ones at the k-th place some may be missing; a logit that is no number leaves
// no token to choose.
//
// All sequences have a sampler each, as llama.cpp wants it, but share one computation over all rows of logits: one
// after the other would leave most of a GPU idle.
class GraphSampler {
 public:
  // Whether tokens can be chosen so with a job's settings.
  static bool Supports(const SamplingSettings& sampling, std::uint32_t vocabulary_size);

  GraphSampler(const Model& model, const GraphSettings& settings);
  GraphSampler(const GraphSampler&) = delete;
  GraphSampler& operator=(const GraphSampler&) = delete;

  // Has a context that is about to be made sample in its graph; it must not outlive this. Each sequence may have one
  // output in a batch.
  void Join(llama_context_params& params);
  // Whether the context that was made does: not where its device can't.
  [[nodiscard]] bool has_joined() const { return is_able_.value_or(false); }
  // Makes a context give logits again.
  void Leave(llama_context* context);

  // Nothing is expected of the next batch yet.
  void BeginBatch();
  // The mask under which a sequence's token is to be sampled in the next batch; without it every token is allowed.
  void Expect(std::int32_t sequence, std::span<const std::uint32_t> mask);
  // The token sampled behind a place of the last batch; kNoToken (logits.h) if there is none to choose.
  // @param mask     as it was expected
  // @param seed     of the row, and `position` of the token in it: see TokenSampler
  std::uint32_t Choose(llama_context* context, std::uint32_t place, std::span<const std::uint32_t> mask,
                       std::uint32_t seed, std::uint64_t position);

 private:
  // What a llama_sampler of ours knows: whose tokens it samples.
  struct Seat {
    GraphSampler* graph = nullptr;
    std::uint32_t sequence = 0;
    // In the batch's logits.
    std::int64_t row = 0;
    std::int32_t mask_row = 0;
  };
  // Tensors of the graph at hand; a column for each row of logits, and for one more that llama.cpp appends.
  struct Parts {
    // Row numbers of the mask table.
    ggml_tensor* mask_rows = nullptr;
    ggml_tensor* sums = nullptr;
    ggml_tensor* chosen = nullptr;
    ggml_tensor* candidates = nullptr;
    ggml_tensor* candidate_logits = nullptr;
  };
  struct FreeSampler {
    const LlamaFunctions* llama;
    void operator()(llama_sampler* sampler) const { llama->llama_sampler_free(sampler); }
  };

  static llama_sampler_i* Interface();
  static Seat& SeatOf(const llama_sampler* sampler) { return *static_cast<Seat*>(sampler->ctx); }

  bool Prepare(ggml_backend_buffer_type_t buffer_type);
  [[nodiscard]] bool CanRun(ggml_backend_dev_t device);
  Parts Build(ggml_context* context, ggml_tensor* logits);
  void Apply(Seat& seat, ggml_context* context, llama_sampler_data& data);
  void SetInput(const Seat& seat);
  std::uint32_t Draw(llama_context* context, std::int32_t place, std::uint32_t seed, std::uint64_t position);

  const LlamaFunctions& llama_;
  std::uint32_t vocabulary_size_;
  GraphSettings settings_;
  // 0: the arg-max alone.
  std::uint32_t candidates_;
  std::optional<MaskTable> masks_;
  // Whether the device can do it, once it has been asked.
  std::optional<bool> is_able_;
  // Of the graph that was built last.
  ggml_tensor* logits_ = nullptr;
  Parts parts_;
  std::vector<Seat> seats_;
  std::vector<std::unique_ptr<llama_sampler, FreeSampler>> samplers_;
  std::vector<llama_sampler_seq_config> configs_;

  struct Drawn {
    std::int32_t token;
    float logit;
  };
  std::optional<TokenSampler> sampler_;
  std::vector<Drawn> drawn_;
  std::vector<float> drawn_logits_;
};

}  // namespace rowmill::engine
