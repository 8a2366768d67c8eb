#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "state_space.h"

namespace rowmill::grammar {

// A thread that makes masks before they are asked for: of the states that it is given, and of those that their next
// tokens lead to. What it does not manage in time is made by who needs it.
class MasksAhead {
 public:
  MasksAhead() : thread_([this] { Run(); }) {}
  // Ends the thread, after the mask that it is making.
  ~MasksAhead();
  MasksAhead(const MasksAhead&) = delete;
  MasksAhead& operator=(const MasksAhead&) = delete;
  MasksAhead(MasksAhead&&) = delete;
  MasksAhead& operator=(MasksAhead&&) = delete;

  // From any thread. The oldest wish is dropped when there are many.
  void Wish(const std::shared_ptr<StateSpace>& space, State* state);
  // Waits until nothing is left to do.
  void WaitUntilIdle();

 private:
  struct Request {
    std::shared_ptr<StateSpace> space;
    State* state;
  };

  void Run();
  void Fulfil(const Request& request);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_;
  bool is_ending_ = false;
  bool is_working_ = false;
  // Last, so that it starts when all that it uses is there.
  std::thread thread_;
};

}  // namespace rowmill::grammar
