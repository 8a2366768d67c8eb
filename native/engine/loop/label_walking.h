#pragma once

#include <cstdint>

#include "engine/memory/context.h"
#include "engine/memory/slot.h"

namespace rowmill::engine {

// Begins the last of a slot's walks through labels. Leaves the slot the tokens before the labels, and the first stretch
// behind them. What was computed of them stays, but for the last one: its logits are wanted again.
void StartWalk(Slot& slot, Context& context);

// Takes the logits that the slot's walk wants from the last batch, which holds the slot's tokens from `from` on.
void TakeWalk(Slot& slot, std::uint32_t from, const Context& context);

// Goes on with the slot's walk, once all its tokens are computed; one that is through hands its logarithms to the row's
// result and makes way for the one before it.
// @returns false when no walk is left
bool GoOnWalking(Slot& slot, Context& context);

}  // namespace rowmill::engine
