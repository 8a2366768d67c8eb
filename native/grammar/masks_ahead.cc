#include "masks_ahead.h"

#include <exception>
#include <utility>
#include <vector>

namespace rowmill::grammar {
namespace {

constexpr std::size_t kMostRequests = 64;
// A state with more successors is one where anything may come; most of them will never be seen.
constexpr std::size_t kMostSuccessors = 32;

}  // namespace

MasksAhead::~MasksAhead() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MasksAhead::Wish(const std::shared_ptr<StateSpace>& space, State* state) {
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back({space, state});
    if (requests_.size() > kMostRequests) {
      requests_.pop_front();
    }
  }
  changed_.notify_all();
}

void MasksAhead::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return requests_.empty() && !is_working_; });
}

void MasksAhead::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || !requests_.empty(); });
    if (is_ending_) {
      return;
    }
    // The latest first: its row is the next to ask.
    Request request = std::move(requests_.back());
    requests_.pop_back();
    is_working_ = true;
    lock.unlock();
    Fulfil(request);
    request = {};
    lock.lock();
    is_working_ = false;
    changed_.notify_all();
  }
}

void MasksAhead::Fulfil(const Request& request) {
  try {
    request.space->MaskOf(request.state);
    for (State* next : request.space->Successors(request.state, kMostSuccessors)) {
      {
        const std::lock_guard lock(mutex_);
        if (is_ending_) {
          return;
        }
      }
      request.space->MaskOf(next);
    }
  } catch (const std::exception&) {
    // Whoever needs the mask is told why there is none.
    return;
  }
}

}  // namespace rowmill::grammar
