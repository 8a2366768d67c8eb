#include "drafts.h"

#include <algorithm>
#include <span>
#include <vector>

#include "grammar_error.h"
#include "prompt_lookup.h"

namespace rowmill::engine {
namespace {

// Longer matches are no better: what three tokens say is said.
constexpr std::uint32_t kLongestMatch = 3;

// Of tokens that may come next, those that can be part of the output and need not be its last.
std::size_t CountAllowed(std::span<const std::int32_t> tokens, const Model& model, grammar::TokenMatcher* matcher) {
  const auto is_text = [&](std::int32_t token) { return !model.is_end(token) && !model.piece(token).empty(); };
  const auto texts = static_cast<std::size_t>(std::ranges::find_if_not(tokens, is_text) - tokens.begin());
  if (matcher == nullptr) {
    return texts;
  }
  const std::size_t depth = matcher->depth();
  std::size_t allowed = 0;
  try {
    while (allowed < texts && matcher->Accept(static_cast<std::uint32_t>(tokens[allowed])) && !matcher->MustEnd()) {
      allowed++;
    }
  } catch (const grammar::GrammarError&) {
    // Whether the row meets it as well remains to be seen.
  }
  matcher->Rollback(matcher->depth() - depth);
  return allowed;
}

}  // namespace

std::uint32_t Drafts::MostFor(const Slot& slot) const {
  const bool is_next_sampled =
      slot.added > 0 && slot.added == slot.pending() && !slot.is_complete && slot.walks.empty();
  if (!is_next_sampled || slot.result.output_tokens == 0) {
    return 0;
  }
  // Behind the last token that the output or the slot can have, none is sampled.
  const std::uint32_t left = std::min(limits_.output - slot.result.output_tokens,
                                      limits_.slot - static_cast<std::uint32_t>(slot.tokens.size()));
  return std::min(limits_.draft, left - 1);
}

std::uint32_t Drafts::Add(Slot& slot, Context& context) const {
  const std::uint32_t most = std::min(MostFor(slot), context.room());
  if (most == 0) {
    return 0;
  }
  const auto found = FindContinuation(std::span(slot.tokens).subspan(limits_.prefix),
                                      std::min(kLongestMatch, slot.result.output_tokens), most);
  const std::size_t allowed =
      CountAllowed(found.tokens, context.model(), slot.matcher ? &*slot.matcher : nullptr);
  slot.draft.assign(found.tokens.begin(), found.tokens.begin() + static_cast<std::ptrdiff_t>(allowed));
  slot.confirmed = 0;
  const auto begin = static_cast<std::uint32_t>(slot.tokens.size());
  for (std::uint32_t at = 0; at < slot.draft.size(); at++) {
    const std::uint32_t place = context.Add(slot.draft[at], begin + at, slot.sequence, true);
    if (at == 0) {
      slot.draft_place = place;
    }
  }
  return static_cast<std::uint32_t>(allowed);
}

std::uint32_t Drafts::Confirm(Slot& slot) {
  slot.added = 0;
  slot.place = slot.draft_place + slot.confirmed;
  if (slot.is_busy && slot.walks.empty()) {
    const auto pending = std::span(slot.tokens).subspan(slot.computed);
    const auto drafted = std::span(slot.draft).subspan(slot.confirmed);
    slot.added = static_cast<std::uint32_t>(std::ranges::mismatch(pending, drafted).in1 - pending.begin());
  }
  slot.confirmed += slot.added;
  return slot.added;
}

void Drafts::End(Slot& slot, Context& context) {
  if (slot.confirmed < slot.draft.size()) {
    context.Cut(slot.sequence, slot.computed);
  }
  slot.draft.clear();
  slot.confirmed = 0;
}

}  // namespace rowmill::engine
