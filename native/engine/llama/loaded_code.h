#pragma once

namespace rowmill::engine {

// Keeps the library that code belongs to loaded until the process ends: Node.js unloads an addon with the last thread
// that has it, and llama.cpp goes on calling back into it. nullptr: nothing to keep.
void KeepLoaded(const void* code);

}  // namespace rowmill::engine
