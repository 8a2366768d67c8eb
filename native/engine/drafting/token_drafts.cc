#include "token_drafts.h"

#include <algorithm>
#include <span>
#include <vector>

#include "grammar/grammar_error.h"
#include "prompt_lookup.h"

namespace rowmill::engine {
namespace {

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

std::uint32_t TokenDrafts::MostFor(const Slot& slot) const {
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

std::uint32_t TokenDrafts::Add(Slot& slot, Context& context) {
  const std::uint32_t most = std::min(MostFor(slot), context.room());
  if (most == 0) {
    return 0;
  }
  const auto found = FindContinuation(std::span(slot.tokens).subspan(limits_.prefix),
                                      std::min(DraftRecord::kLongestMatch, slot.result.output_tokens), most);
  if (found.matched == 0) {
    return 0;
  }
  const auto count = static_cast<std::uint32_t>(found.tokens.size());
  const auto likely = found.tokens.first(record_.LengthFor(found.matched, count));
  const std::size_t allowed = CountAllowed(likely, context.model(), slot.matcher ? &*slot.matcher : nullptr);
  slot.draft.tokens.assign(likely.begin(), likely.begin() + static_cast<std::ptrdiff_t>(allowed));
  slot.draft.matched = found.matched;
  slot.draft.place = context.batch_size();
  auto position = static_cast<std::uint32_t>(slot.tokens.size());
  for (const std::int32_t token : slot.draft.tokens) {
    context.Add(token, position++, slot.sequence, true);
  }
  return static_cast<std::uint32_t>(allowed);
}

std::uint32_t TokenDrafts::Confirm(Slot& slot) {
  Draft& draft = slot.draft;
  slot.added = 0;
  slot.place = draft.place + draft.confirmed;
  if (slot.is_busy && slot.walks.empty()) {
    const auto pending = std::span(slot.tokens).subspan(slot.computed);
    const auto drafted = std::span(draft.tokens).subspan(draft.confirmed);
    slot.added = static_cast<std::uint32_t>(std::ranges::mismatch(pending, drafted).in1 - pending.begin());
  }
  draft.confirmed += slot.added;
  return slot.added;
}

void TokenDrafts::End(Slot& slot, Context& context) {
  const Draft& draft = slot.draft;
  if (draft.tokens.empty()) {
    return;
  }
  const bool was_refused = draft.confirmed < draft.tokens.size();
  record_.Take(draft.matched, draft.confirmed, was_refused);
  if (was_refused) {
    context.Cut(slot.sequence, slot.computed);
  }
  slot.draft = {};
}

}  // namespace rowmill::engine
