#include "delivery.h"

#include <array>
#include <utility>

namespace rowmill::counters {

std::shared_ptr<Delivery> Delivery::Start(Napi::Env env, Napi::Function listener, CounterPage page,
                                          std::chrono::milliseconds interval) {
  auto delivery = std::make_shared<Delivery>();
  delivery->self_ = delivery;
  delivery->listener_ = ThreadSafeListener::New(
      env, listener, "rowmill.counters", 0, 1, delivery.get(),
      [](Napi::Env /*env*/, void* /*data*/, Delivery* context) { context->Finalize(); },
      static_cast<void*>(nullptr));
  delivery->listener_.Unref(env);
  delivery->reader_.emplace(std::move(page), interval,
                            [target = delivery.get()](const Reading& reading) { target->Post(reading); });
  return delivery;
}

void Delivery::Close() {
  if (is_closed_) {
    return;
  }
  is_closed_ = true;
  reader_.reset();
  if (!is_function_gone_) {
    is_function_gone_ = true;
    listener_.Release();
  }
}

void Delivery::Finalize() {
  is_closed_ = true;
  reader_.reset();
  is_function_gone_ = true;
  const std::shared_ptr<Delivery> last = std::move(self_);
}

void Delivery::Post(const Reading& reading) {
  {
    const std::scoped_lock lock(mutex_);
    latest_ = reading;
    if (has_call_waiting_ || is_function_gone_) {
      return;
    }
    has_call_waiting_ = true;
  }
  // Once Node has said that the function is closing it takes its count back by itself and must not be called
  // again.
  if (listener_.NonBlockingCall() == napi_closing) {
    const std::scoped_lock lock(mutex_);
    is_function_gone_ = true;
  }
}

void Delivery::CallListener(Napi::Env env, Napi::Function listener, Delivery* delivery, void* /*unused*/) {
  Reading reading;
  {
    const std::scoped_lock lock(delivery->mutex_);
    reading = delivery->latest_;
    delivery->has_call_waiting_ = false;
  }
  // Without an environment this is the emptying of the queue at its end.
  if (env == nullptr || delivery->is_closed_) {
    return;
  }
  const Napi::HandleScope scope(env);
  napi_value null = env.Null();
  std::array<napi_value, 1 + kCounts> arguments = {reading.error.empty() ? null : Napi::String::New(env, reading.error)};
  for (std::size_t count = 0; count < kCounts; ++count) {
    arguments[1 + count] = Napi::Number::New(env, static_cast<double>(reading.counts[count]));
  }
  // Not Napi::Function::Call: that throws where the environment is about to end and no exception can be made
  // any more.
  const napi_status status =
      napi_call_function(env, env.Undefined(), listener, arguments.size(), arguments.data(), nullptr);
  napi_value thrown = nullptr;
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &thrown) == napi_ok) {
    napi_fatal_exception(env, thrown);  // an uncaught exception, as from any other callback of Node's
  }
}

}  // namespace rowmill::counters
