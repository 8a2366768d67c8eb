#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "closure.h"
#include "grammar/automata/byte_classes.h"
#include "grammar/interning/arena.h"
#include "grammar/interning/pointer_table.h"
#include "grammar/tables/program.h"
#include "grammar/vocabulary/vocabulary.h"

namespace rowmill::grammar {

// All places where the text may be. Equal states are one object. What a state knows of what follows is found at
// first use and then published, so that readers need no lock.
struct State {
  std::span<const Config> configs;
  // Whether the text may end here.
  bool is_accepting = false;
  std::uint64_t hash = 0;
  // Set together with the targets, before them; nullptr until somebody asks.
  std::atomic<const ByteClasses*> classes = nullptr;
  // By class; nullptr where not known yet.
  std::span<std::atomic<State*>> targets;
  std::atomic<const std::uint32_t*> mask = nullptr;
  // What the tokenizer makes of the text that must follow, see forced.h.
  std::atomic<const std::vector<std::uint32_t>*> forced = nullptr;

  [[nodiscard]] bool IsDead() const { return configs.empty() && !is_accepting; }
};

// The states of one grammar over one vocabulary, made as they are needed. `Next` and a state's mask may be used by
// any thread; what makes something takes the lock. Nothing in it is freed before all of it.
class StateSpace {
 public:
  StateSpace(const Program& program, const Vocabulary& vocabulary);
  StateSpace(const StateSpace&) = delete;
  StateSpace& operator=(const StateSpace&) = delete;
  StateSpace(StateSpace&&) = delete;
  StateSpace& operator=(StateSpace&&) = delete;
  ~StateSpace() = default;

  [[nodiscard]] State* start() const { return start_; }
  // The state in which nothing can follow any more, not even the end.
  [[nodiscard]] State* dead() { return &dead_; }
  [[nodiscard]] const Vocabulary& vocabulary() const { return vocabulary_; }

  // What follows a byte; dead() where nothing does.
  State* Next(State* state, std::uint8_t byte) {
    const ByteClasses* classes = state->classes.load(std::memory_order_acquire);
    if (classes != nullptr) {
      State* next = state->targets[classes->of[byte]].load(std::memory_order_acquire);
      if (next != nullptr) {
        return next;
      }
    }
    return MakeNext(state, byte);
  }
  State* Next(State* state, std::span<const std::uint8_t> bytes) {
    for (std::size_t at = 0; at < bytes.size() && state != &dead_; at++) {
      state = Next(state, bytes[at]);
    }
    return state;
  }
  const ByteClasses& ClassesOf(State* state);
  // Which tokens may come next.
  const std::uint32_t* MaskOf(State* state) {
    const std::uint32_t* mask = state->mask.load(std::memory_order_acquire);
    return mask != nullptr ? mask : MakeMask(state);
  }
  // Keeps the first that is given for a state; returns what is kept.
  const std::vector<std::uint32_t>& KeepForced(State* state, std::vector<std::uint32_t> tokens);
  // The same state in this space, given one of another space of the same program.
  State* Adopt(const State& other);

  [[nodiscard]] std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t state_count() const { return state_count_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t mask_count() const { return mask_count_.load(std::memory_order_relaxed); }

 private:
  friend class MaskBuilder;

  // What follows takes the lock, or is called under it.
  State* MakeNext(State* state, std::uint8_t byte);
  const std::uint32_t* MakeMask(State* state);
  void Prepare(State* state);
  // The successor by a class of bytes; the state is prepared.
  State* Step(State* state, std::uint8_t byte_class);
  const ByteClasses* FindClasses(std::span<const Config> configs);
  const ByteClasses* ClassesOf(const Config& config);
  // The state of what was collected; dead_ for nothing.
  State* Intern();
  // Of configurations in order, or in any.
  State* InternOf(std::span<const Config> configs, bool is_accepting);
  State* InternUnordered(std::span<const Config> configs, bool is_accepting);
  // The state with the same mask whose counters are clamped.
  State* Representative(State* state);
  void CountBytes();

  const Program& program_;
  const Vocabulary& vocabulary_;
  mutable std::mutex mutex_;
  Arena arena_;
  FrameTable frames_;
  StringMachines machines_;
  Closure closure_;
  PointerTable<State> states_;
  State dead_;
  State* start_ = nullptr;
  std::vector<MaskWords> masks_;
  std::deque<std::vector<std::uint32_t>> forced_;
  // What the steps of the present task may still go through.
  std::size_t work_left_ = 0;

  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::size_t> state_count_ = 0;
  std::atomic<std::size_t> mask_count_ = 0;
};

}  // namespace rowmill::grammar
