#include "label_walking.h"

#include <algorithm>

namespace rowmill::engine {
namespace {

// Gives the slot the stretch of its walk, behind the tokens before it.
// @param computed of these, those that may stay computed; none where the model's memory can't be cut
void PutStretch(Slot& slot, std::uint32_t computed, Context& context) {
  const LabelWalk& walk = slot.walks.back();
  slot.tokens.resize(walk.stretch_begin());
  slot.computed = context.model().can_cut() ? std::min(slot.computed, computed) : 0;
  context.Cut(slot.sequence, slot.computed);
  walk.AppendTo(slot.tokens);
}

}  // namespace

void StartWalk(Slot& slot, Context& context) { PutStretch(slot, slot.walks.back().begin() - 1, context); }

void TakeWalk(Slot& slot, std::uint32_t from, const Context& context) {
  LabelWalk& walk = slot.walks.back();
  for (std::uint32_t at = from; at < slot.computed; at++) {
    if (walk.Wants(at)) {
      walk.Take(at, context.Logits(slot.place + at - from));
    }
  }
}

bool GoOnWalking(Slot& slot, Context& context) {
  LabelWalk& walk = slot.walks.back();
  if (walk.Next()) {
    PutStretch(slot, walk.stretch_begin(), context);
    return true;
  }
  slot.result.label_logprobs[walk.field()] = walk.logprobs();
  slot.walks.pop_back();
  if (slot.walks.empty()) {
    return false;
  }
  StartWalk(slot, context);
  return true;
}

}  // namespace rowmill::engine
