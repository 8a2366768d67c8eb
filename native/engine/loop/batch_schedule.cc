#include "batch_schedule.h"

#include <algorithm>
#include <utility>

namespace rowmill::engine {
namespace {

// Of all sequences, which get their numbers by it.
std::vector<Slot*> PointersTo(std::vector<Slot>& slots, Slot& root) {
  std::vector<Slot*> pointers;
  for (Slot& slot : slots) {
    pointers.push_back(&slot);
  }
  pointers.push_back(&root);
  for (std::size_t at = 0; at < pointers.size(); at++) {
    pointers[at]->sequence = static_cast<std::int32_t>(at);
  }
  return pointers;
}

}  // namespace

BatchSchedule::BatchSchedule(const JobSettings& settings, std::vector<Slot>& slots, Context& context)
    : settings_(settings), slots_(slots), context_(context), beginnings_(PointersTo(slots, root_)) {}

bool BatchSchedule::Begin(Slot& slot, const Row& row) {
  slot.is_busy = true;
  slot.turn = turns_++;
  slot.seed = row.seed;
  slot.is_counted = false;
  slot.is_complete = false;
  slot.result = {};
  slot.result.index = row.index;
  slot.mask_error.clear();
  slot.walks.clear();

  std::vector<std::int32_t> prompt = settings_.prefix;
  prompt.insert(prompt.end(), row.tokens.begin(), row.tokens.end());
  prompt.insert(prompt.end(), settings_.suffix.begin(), settings_.suffix.end());
  if (prompt.empty()) {
    return false;
  }
  // What this sequence holds already of it.
  const auto held = static_cast<std::uint32_t>(std::ranges::mismatch(prompt, slot.tokens).in1 - prompt.begin());
  const std::uint32_t kept =
      context_.model().can_cut() ? std::min({held, slot.computed, static_cast<std::uint32_t>(prompt.size()) - 1}) : 0;
  slot.prompt_tokens = static_cast<std::uint32_t>(prompt.size());
  slot.result.input_tokens = slot.prompt_tokens;
  slot.result.shared_tokens = kept;
  slot.tokens = std::move(prompt);
  slot.computed = kept;
  context_.Cut(slot.sequence, kept);
  return true;
}

bool BatchSchedule::AddPrefix() {
  root_.computed += std::exchange(root_.added, 0);
  if (root_.computed == settings_.prefix.size()) {
    return false;
  }
  if (root_.tokens.empty()) {
    root_.tokens = settings_.prefix;
    root_.prompt_tokens = static_cast<std::uint32_t>(root_.tokens.size());
    beginnings_.Compare(root_);
  }
  context_.ClearBatch();
  AddPending(root_);
  return true;
}

void BatchSchedule::AddRows() {
  context_.ClearBatch();
  std::vector<Slot*> reading;
  for (Slot& slot : slots_) {
    slot.added = 0;
    slot.draft = {};
    if (slot.is_reading()) {
      reading.push_back(&slot);
    } else if (slot.is_busy) {
      AddPending(slot);
    }
  }
  std::ranges::sort(reading, {}, [](const Slot* slot) { return slot->turn; });
  for (Slot* slot : reading) {
    AddPrompt(*slot);
  }
}

void BatchSchedule::AddPrompt(Slot& slot) {
  if (!context_.model().can_cut()) {
    if (slot.computed == 0 && slot.prompt_tokens > root_.computed && root_.computed > 0) {
      context_.ShareAll(root_.sequence, slot.sequence);
      slot.result.shared_tokens = slot.computed = root_.computed;
    }
    AddPending(slot);
    return;
  }
  beginnings_.Share(slot, context_);
  if (!beginnings_.ShouldWait(slot)) {
    AddPending(slot);
  }
}

void BatchSchedule::AddPending(Slot& slot) {
  slot.added = std::min(slot.pending(), context_.room());
  const auto size = static_cast<std::uint32_t>(slot.tokens.size());
  for (std::uint32_t at = slot.computed; at < slot.computed + slot.added; at++) {
    const bool is_last = at + 1 == size && slot.is_busy && !slot.is_complete;
    const bool is_scored = settings_.wants_logprobs && at + 1 >= slot.prompt_tokens && at + 1 < size && slot.is_busy;
    const bool is_label = !slot.walks.empty() && slot.walks.back().Wants(at);
    const std::uint32_t place = context_.Add(slot.tokens[at], at, slot.sequence, is_last || is_scored || is_label);
    if (at == slot.computed) {
      slot.place = place;
    }
  }
}

void BatchSchedule::Forget() {
  for (Slot& slot : slots_) {
    slot.tokens.clear();
    slot.computed = 0;
  }
  root_.tokens.clear();
  root_.computed = 0;
  root_.added = 0;
  context_.Clear();
}

}  // namespace rowmill::engine
