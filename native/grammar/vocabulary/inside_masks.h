#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "grammar/automata/automaton.h"
#include "grammar/automata/string_machine.h"
#include "grammar/interning/arena.h"

namespace rowmill::grammar {

class Vocabulary;

// Which tokens stay inside a JSON string whose content an automaton holds, by the automaton's state: the large part of
// such a state's mask, whatever stands around the string. Kept for all grammars over a vocabulary, since they share
// formats and patterns. Most such masks hardly differ from one that is known: two states that allow the same
// characters for the next n characters differ in no token of at most n, and only the longer ones are looked at.
// Thread-safe.
class InsideMasks {
 public:
  using Mask = std::shared_ptr<const std::uint32_t[]>;

  explicit InsideMasks(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // The tokens that stay inside from a state on; `after_backslash`: of an escape that has begun.
  Mask Of(const std::shared_ptr<const Automaton>& automaton, std::uint32_t state, bool after_backslash);
  // The tokens that go on after the backslash of an escape in a string that may hold anything.
  Mask OfAnyEscape();

 private:
  struct Entry {
    explicit Entry(std::shared_ptr<const Automaton> shared)
        : automaton(std::move(shared)), machine(StringContent(automaton), arena) {}
    std::shared_ptr<const Automaton> automaton;
    Arena arena;
    StringMachine machine;
    // By the state, those after a backslash apart.
    std::unordered_map<std::uint32_t, Mask> known;
    std::unordered_map<std::uint32_t, Mask> escapes;
    // The states in the order in which they were asked for.
    std::vector<std::uint32_t> order;
  };

  Mask Find(const std::shared_ptr<const Automaton>& automaton, std::uint32_t state, bool after_backslash);
  Mask Make(Entry& entry, std::uint32_t state);
  // From a mask that is right for all tokens of at most `characters`.
  Mask Adapt(Entry& entry, std::uint32_t state, const Mask& like, std::uint32_t characters) const;
  Mask Walk(StringMachine& machine, const MachineState* start) const;

  const Vocabulary& vocabulary_;
  std::mutex mutex_;
  std::unordered_map<const Automaton*, std::unique_ptr<Entry>> entries_;
  std::size_t mask_count_ = 0;
  Mask any_escape_;
};

}  // namespace rowmill::grammar
