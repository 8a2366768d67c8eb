#pragma once

#include <napi.h>

namespace rowmill::engine {

// Adds the classes EngineModel and BatchLoop and the release that they were compiled for.
void RegisterEngine(Napi::Env env, Napi::Object exports);

}  // namespace rowmill::engine
