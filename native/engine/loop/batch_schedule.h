#pragma once

#include <cstdint>
#include <vector>

#include "engine/memory/beginnings.h"
#include "engine/memory/context.h"
#include "engine/memory/slot.h"
#include "job_settings.h"

namespace rowmill::engine {

// Which tokens the next decode computes: the job's prefix, once; then what the outputs go on with; then prompts, in the
// order in which their rows came, without what another sequence has of them or is about to have.
class BatchSchedule {
 public:
  // All of these outlive it.
  BatchSchedule(const JobSettings& settings, std::vector<Slot>& slots, Context& context);

  // Gives a free slot a row: its sequence keeps what it holds of the row's prompt.
  // @returns false for a prompt without a token
  bool Begin(Slot& slot, const Row& row);
  // To be called when a slot has got its first tokens, those that follow the prompt in every output among them.
  void Compare(const Slot& slot) { beginnings_.Compare(slot); }

  // Makes a batch of the next tokens of the job's prefix.
  // @returns false when all of it is computed
  bool AddPrefix();
  // Makes a batch of what the slots have pending, as far as there is room.
  void AddRows();
  // Nothing is computed any more.
  void Forget();

 private:
  void AddPrompt(Slot& slot);
  void AddPending(Slot& slot);

  const JobSettings& settings_;
  std::vector<Slot>& slots_;
  Context& context_;
  // Holds the prefix and nothing else.
  Slot root_;
  Beginnings beginnings_;
  std::uint64_t turns_ = 0;
};

}  // namespace rowmill::engine
