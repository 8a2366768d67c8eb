#pragma once

#include <cstdint>

#include "draft_record.h"
#include "engine/memory/context.h"
#include "engine/memory/slot.h"

namespace rowmill::engine {

// In tokens.
struct DraftLimits {
  // Most of a draft; 0: there are none.
  std::uint32_t draft = 0;
  // Most of an output, and of all that a slot can hold.
  std::uint32_t output = 0;
  std::uint32_t slot = 0;
  // Before the row's own in each prompt.
  std::uint32_t prefix = 0;
};

// Drafts what a slot's output may go on with: where it copies from its row, the tokens that follow there. They are
// computed in the same batch as the slot's own tokens, behind these, and change nothing but when a token is computed:
// the output is sampled as ever, and what it turns out to share with the draft has its logits already. A token that is
// refused was computed for nothing, so drafts are as long as they have proven right in the job.
class TokenDrafts {
 public:
  explicit TokenDrafts(const DraftLimits& limits) : limits_(limits) {}

  // Puts a draft into what room is left in a batch, where a token of the slot's output is sampled from it: as much as
  // the grammar allows.
  // @returns how many tokens it has
  std::uint32_t Add(Slot& slot, Context& context);
  // After the slot's output went on: makes the tokens that stood in the draft the slot's `place` and `added`, as if
  // the last batch had been made for them.
  // @returns how many they are
  static std::uint32_t Confirm(Slot& slot);
  // Forgets the draft's other tokens, and remembers how it fared.
  void End(Slot& slot, Context& context);

 private:
  [[nodiscard]] std::uint32_t MostFor(const Slot& slot) const;

  DraftLimits limits_;
  DraftRecord record_;
};

}  // namespace rowmill::engine
