#include "kernels.h"

#include <vector>

#include "kernel_passes.h"

// One version of every pass; `attribute` says for which processor.
#define ROWMILL_KERNELS(version, attribute)                                                            \
  namespace version {                                                                                  \
  attribute Peak FindPeak(const MaskedLogits& row, float* block_maxima) {                              \
    return passes::FindPeak(row, block_maxima);                                                        \
  }                                                                                                    \
  attribute double SumWeights(const MaskedLogits& row, const Weighing& weighing, double* block_sums) { \
    return passes::SumWeights(row, weighing, block_sums);                                              \
  }                                                                                                    \
  attribute void WeighBlock(const MaskedLogits& row, std::size_t block, const Weighing& weighing,      \
                            float* weights) {                                                          \
    passes::WeighOneBlock(row, block, weighing, weights);                                              \
  }                                                                                                    \
  attribute std::size_t Collect(const MaskedLogits& row, const float* block_maxima, float threshold,   \
                                Candidate* candidates) {                                               \
    return passes::Collect(row, block_maxima, threshold, candidates);                                  \
  }                                                                                                    \
  attribute void Weigh(std::span<Candidate> candidates, const Weighing& weighing) {                    \
    passes::Weigh(candidates, weighing);                                                               \
  }                                                                                                    \
  constexpr Kernels kKernels = {#version, FindPeak, SumWeights, WeighBlock, Collect, Weigh};           \
  }

namespace rowmill::engine {

namespace {

// Chosen by hand and not by the linker (target_clones): that needs a C library with indirect functions, and
// then the tests could not compare the versions.
ROWMILL_KERNELS(portable, )
#if defined(__GNUC__) && defined(__x86_64__)
#define ROWMILL_X86_KERNELS
ROWMILL_KERNELS(avx2, [[gnu::target("avx2")]])
ROWMILL_KERNELS(avx512, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]])
#endif

std::vector<Kernels> FindSupported() {
  std::vector<Kernels> supported = {portable::kKernels};
#if defined(ROWMILL_X86_KERNELS)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) {
    supported.push_back(avx2::kKernels);
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    supported.push_back(avx512::kKernels);
  }
#endif
  return supported;
}

}  // namespace

std::span<const Kernels> SupportedKernels() {
  static const std::vector<Kernels> supported = FindSupported();
  return supported;
}

const Kernels& FastestKernels() {
  static const Kernels& fastest = SupportedKernels().back();
  return fastest;
}

}  // namespace rowmill::engine
