#include "graph_sampler.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/engine_error.h"
#include "engine/sampling/kernels.h"
#include "engine/sampling/logits.h"

namespace rowmill::engine {
namespace {

// Devices sort all logits, or nearly, for a large k: the host is better at that.
constexpr std::uint32_t kMostCandidates = 128;
// So many more than k are taken, for those that equal the k-th.
constexpr std::uint32_t kSpareCandidates = 8;
// Masks that are kept besides those of a batch.
constexpr std::uint32_t kSpareMasks = 64;
// Of one Build and a row's views.
constexpr std::size_t kMostTensors = 32;

std::uint32_t CandidatesFor(const SamplingSettings& sampling, std::uint32_t vocabulary_size) {
  return sampling.IsGreedy() ? 0 : std::min(vocabulary_size, sampling.top_k + kSpareCandidates);
}

}  // namespace

bool GraphSampler::Supports(const SamplingSettings& sampling, std::uint32_t vocabulary_size) {
  if (sampling.HasPenalties()) {
    return false;
  }
  return sampling.IsGreedy() ||
         (sampling.top_k > 0 && sampling.top_k <= kMostCandidates && sampling.top_k < vocabulary_size);
}

GraphSampler::GraphSampler(const Model& model, const GraphSettings& settings)
    : llama_(model.llama()),
      vocabulary_size_(model.vocabulary_size()),
      settings_(settings),
      candidates_(CandidatesFor(settings.sampling, vocabulary_size_)),
      seats_(settings.sequences) {
  if (settings_.has_masks) {
    masks_.emplace(llama_, vocabulary_size_, 1 + settings_.sequences + kSpareMasks);
  }
  if (candidates_ > 0) {
    sampler_.emplace(candidates_);
  }
  for (std::uint32_t sequence = 0; sequence < settings_.sequences; sequence++) {
    Seat& seat = seats_[sequence];
    seat = {.graph = this, .sequence = sequence};
    // llama.cpp takes chains of samplers alone; a chain owns what is added to it.
    samplers_.emplace_back(llama_.llama_sampler_chain_init(llama_.llama_sampler_chain_default_params()),
                           FreeSampler{.llama = &llama_});
    llama_.llama_sampler_chain_add(samplers_.back().get(), llama_.llama_sampler_init(Interface(), &seat));
    configs_.push_back({.seq_id = static_cast<std::int32_t>(sequence), .sampler = samplers_.back().get()});
  }
}

void GraphSampler::Join(llama_context_params& params) {
  params.samplers = configs_.data();
  params.n_samplers = configs_.size();
  params.n_outputs_max_per_seq = 1;
}

void GraphSampler::Leave(llama_context* context) {
  for (const llama_sampler_seq_config& config : configs_) {
    llama_.llama_set_sampler(context, config.seq_id, nullptr);
  }
}

void GraphSampler::BeginBatch() {
  if (masks_) {
    masks_->BeginBatch();
    for (Seat& seat : seats_) {
      seat.mask_row = 0;
    }
  }
}

void GraphSampler::Expect(std::int32_t sequence, std::span<const std::uint32_t> mask) {
  seats_[static_cast<std::size_t>(sequence)].mask_row = masks_->RowOf(mask);
}

std::uint32_t GraphSampler::Choose(llama_context* context, std::uint32_t place, std::span<const std::uint32_t> mask,
                                   std::uint32_t seed, std::uint64_t position) {
  const auto output = static_cast<std::int32_t>(place);
  const float* sum = llama_.llama_get_sampled_probs_ith(context, output);
  if (sum == nullptr) {
    throw EngineError("llama.cpp sampled no token in its graph");
  }
  if (std::isnan(*sum)) {
    return kNoToken;
  }
  const std::uint32_t token =
      candidates_ == 0 ? static_cast<std::uint32_t>(llama_.llama_get_sampled_token_ith(context, output))
                       : Draw(context, output, seed, position);
  // Where nothing is allowed, a device takes whatever comes first.
  const bool is_allowed = token < vocabulary_size_ && MaskedLogits{.logits = {}, .mask = mask}.Allows(token);
  return is_allowed ? token : kNoToken;
}

std::uint32_t GraphSampler::Draw(llama_context* context, std::int32_t place, std::uint32_t seed,
                                 std::uint64_t position) {
  const std::int32_t* tokens = llama_.llama_get_sampled_candidates_ith(context, place);
  const float* logits = llama_.llama_get_sampled_logits_ith(context, place);
  if (tokens == nullptr || logits == nullptr) {
    throw EngineError("llama.cpp sampled no candidates in its graph");
  }
  drawn_.clear();
  for (std::uint32_t at = 0; at < candidates_; at++) {
    drawn_.push_back({.token = tokens[at], .logit = logits[at]});
  }
  // A vocabulary of their own, in which lower ids are lower still.
  std::ranges::sort(drawn_, {}, &Drawn::token);
  drawn_logits_.clear();
  for (const Drawn& candidate : drawn_) {
    drawn_logits_.push_back(candidate.logit);
  }
  const std::uint32_t at = sampler_->Choose(drawn_logits_, {}, settings_.sampling, nullptr, seed, position);
  return at == kNoToken ? kNoToken : static_cast<std::uint32_t>(drawn_[at].token);
}

// llama.cpp's side: it asks each sequence's sampler, those of sequences without an output too.
llama_sampler_i* GraphSampler::Interface() {
  static llama_sampler_i interface = {
      .name = [](const llama_sampler*) { return "rowmill"; },
      .accept = nullptr,
      .apply = [](llama_sampler*, llama_token_data_array*) {},
      .reset = nullptr,
      .clone = nullptr,
      .free = nullptr,
      .backend_init =
          [](llama_sampler* sampler, ggml_backend_buffer_type_t buffer_type, std::uint32_t) {
            return SeatOf(sampler).graph->Prepare(buffer_type);
          },
      .backend_accept = nullptr,
      .backend_apply =
          [](llama_sampler* sampler, ggml_context* context, ggml_cgraph*, llama_sampler_data* data) {
            SeatOf(sampler).graph->Apply(SeatOf(sampler), context, *data);
          },
      .backend_set_input = [](llama_sampler* sampler) { SeatOf(sampler).graph->SetInput(SeatOf(sampler)); },
      .backend_reset = [](llama_sampler* sampler) { SeatOf(sampler).graph->logits_ = nullptr; },
      .copy_state = nullptr,
  };
  return &interface;
}

bool GraphSampler::Prepare(ggml_backend_buffer_type_t buffer_type) {
  if (!is_able_) {
    is_able_ = (!masks_ || masks_->Allocate(buffer_type)) && CanRun(llama_.ggml_backend_buft_get_device(buffer_type));
  }
  return *is_able_;
}

bool GraphSampler::CanRun(ggml_backend_dev_t device) {
  if (device == nullptr) {
    // The CPU's, which can do everything.
    return true;
  }
  const TensorContext trial = MakeTensorContext(llama_, kMostTensors);
  if (trial == nullptr) {
    return false;
  }
  Build(trial.get(), llama_.ggml_new_tensor_2d(trial.get(), GGML_TYPE_F32, vocabulary_size_, 2));
  for (ggml_tensor* tensor = llama_.ggml_get_first_tensor(trial.get()); tensor != nullptr;
       tensor = llama_.ggml_get_next_tensor(trial.get(), tensor)) {
    if (tensor->op != GGML_OP_NONE && !llama_.ggml_backend_dev_supports_op(device, tensor)) {
      return false;
    }
  }
  return true;
}

GraphSampler::Parts GraphSampler::Build(ggml_context* context, ggml_tensor* logits) {
  const std::int64_t rows = logits->ne[1];
  Parts parts;
  parts.sums = llama_.ggml_sum_rows(context, logits);
  if (masks_) {
    parts.mask_rows = llama_.ggml_new_tensor_1d(context, GGML_TYPE_I32, rows);
    llama_.ggml_set_input(parts.mask_rows);
    logits = llama_.ggml_add(context, logits, llama_.ggml_get_rows(context, masks_->tensor(), parts.mask_rows));
  }
  if (candidates_ == 0) {
    parts.chosen = llama_.ggml_argmax(context, logits);
    return parts;
  }
  parts.candidates = llama_.ggml_top_k(context, logits, static_cast<int>(candidates_));
  parts.candidate_logits = llama_.ggml_get_rows(
      context, llama_.ggml_reshape_3d(context, logits, 1, vocabulary_size_, rows), parts.candidates);
  return parts;
}

void GraphSampler::Apply(Seat& seat, ggml_context* context, llama_sampler_data& data) {
  // llama.cpp gives a view of one row. When it only counts the tensors, it gives a tensor of another size.
  ggml_tensor* logits = data.logits->view_src;
  const bool is_trial = logits == nullptr;
  if (is_trial) {
    logits = llama_.ggml_new_tensor_2d(context, GGML_TYPE_F32, vocabulary_size_, 2);
  }
  seat.row = is_trial ? 0 : static_cast<std::int64_t>(data.logits->view_offs / logits->nb[1]);
  if (logits != logits_) {
    parts_ = Build(context, logits);
    logits_ = logits;
  }
  const auto row = static_cast<std::size_t>(seat.row);
  const auto view = [&](ggml_tensor* tensor, std::int64_t length, std::size_t stride) {
    return llama_.ggml_view_1d(context, tensor, length, row * stride);
  };
  data.probs = view(parts_.sums, 1, parts_.sums->nb[1]);
  if (candidates_ == 0) {
    // Otherwise all logits of the row are copied to the host as well.
    data.logits = nullptr;
    data.sampled = view(parts_.chosen, 1, parts_.chosen->nb[0]);
  } else {
    data.logits = view(parts_.candidate_logits, candidates_, parts_.candidate_logits->nb[2]);
    data.candidates = view(parts_.candidates, candidates_, parts_.candidates->nb[1]);
  }
}

void GraphSampler::SetInput(const Seat& seat) {
  if (parts_.mask_rows == nullptr) {
    return;
  }
  const auto set = [&](std::int64_t row, std::int32_t mask_row) {
    llama_.ggml_backend_tensor_set(parts_.mask_rows, &mask_row, static_cast<std::size_t>(row) * sizeof(mask_row),
                                   sizeof(mask_row));
  };
  set(seat.row, seat.mask_row);
  // The row that llama.cpp appends.
  set(parts_.mask_rows->ne[0] - 1, 0);
}

}  // namespace rowmill::engine
