#pragma once

#include "llama_functions.h"

namespace rowmill::engine {

// llama.cpp ends the process where an assertion of its own fails, over a number in a model's file for instance. While
// this lives, one that fails on this thread is an EngineError instead. It unwinds llama.cpp's frames, so it is for work
// that one thread does alone: a graph's other threads would wait for this one for ever.
class AbortNet {
 public:
  AbortNet();
  ~AbortNet();
  AbortNet(const AbortNet&) = delete;
  AbortNet& operator=(const AbortNet&) = delete;

  // Once for each library, before the first net.
  static void Install(const LlamaFunctions& llama);

 private:
  bool was_spread_;
};

}  // namespace rowmill::engine
