#pragma once

#include <string>
#include <string_view>

#include "llama_functions.h"

namespace rowmill::engine {

// The llama.cpp release whose headers this was compiled with, e.g. "v0.4.0".
std::string_view CompiledRelease();

// The libllama that is loaded in this process, found once and kept loaded.
// @param backend "cuda", "vulkan", "metal", or "" for the CPU: which one, where several are loaded
// @throws EngineError none is loaded, or a function is missing in it
const LlamaFunctions& FindLlama(std::string_view backend);

}  // namespace rowmill::engine
