#pragma once

#include <napi.h>

namespace rowmill::counters {

// Adds the classes CounterPage, CounterLane and CounterWatch to the addon's exports. JavaScript validates,
// these do; see src/addon.ts for their types.
void RegisterCounters(Napi::Env env, Napi::Object exports);

}  // namespace rowmill::counters
