#pragma once

#include <napi.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "page_reader.h"

namespace rowmill::counters {

// Brings a reader's readings to a JavaScript function. Readings that come faster than the event loop turns
// replace one another: at most one call waits, and it gets the latest.
//
// Close order. Node deletes the thread-safe function after its finalizer has run, at close() or when its
// environment (the process, a worker thread) ends. The reader's thread must not touch it later, so whoever
// comes first, Close or the finalizer, ends the thread and waits for it. The object lives until the finalizer
// has run.
class Delivery {
 public:
  // Runs on the JavaScript thread, as everything here but Post. The function does not keep the process alive.
  static std::shared_ptr<Delivery> Start(Napi::Env env, Napi::Function listener, CounterPage page,
                                         std::chrono::milliseconds interval);
  // No call of the listener begins after this; may be called again.
  void Close();

 private:
  static void CallListener(Napi::Env env, Napi::Function listener, Delivery* delivery, void* unused);
  using ThreadSafeListener = Napi::TypedThreadSafeFunction<Delivery, void, &Delivery::CallListener>;

  // On the reader's thread.
  void Post(const Reading& reading);
  void Finalize();

  std::shared_ptr<Delivery> self_;
  ThreadSafeListener listener_;
  bool is_closed_ = false;
  std::mutex mutex_;
  Reading latest_;
  bool has_call_waiting_ = false;
  bool is_function_gone_ = false;
  // Last, so that the thread starts after and ends before all that it uses.
  std::optional<PageReader> reader_;
};

}  // namespace rowmill::counters
