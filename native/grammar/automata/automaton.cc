#include "automaton.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "grammar/grammar_error.h"
#include "grammar/interning/pointer_table.h"
#include "grammar/interning/weak_registry.h"

namespace rowmill::grammar {

Automaton::Automaton(std::span<const std::uint32_t> words) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) {
      throw GrammarError(std::string("bad automaton in the grammar's tables: ") + what);
    }
  };
  require(!words.empty() && words.size() - 1 >= words[0], "it ends too early");
  const std::uint32_t count = words[0];
  require(count > 0, "no states");
  states_.resize(count);
  std::size_t edge_total = 0;
  for (std::uint32_t state = 0; state < count; state++) {
    const std::uint32_t at = words[1 + state];
    require(at <= words.size() && words.size() - at >= 2, "a state lies outside");
    const std::uint32_t edge_count = words[at + 1];
    require(words[at] <= 1, "a state neither accepts nor refuses");
    require((words.size() - at - 2) / 3 >= edge_count, "a state's edges lie outside");
    // States that share their words would make more of them than there are.
    require(edge_total + edge_count <= words.size(), "states overlap");
    edge_total += edge_count;
    const auto first_edge = static_cast<std::uint32_t>(edges_.size());
    std::uint32_t least = 0;
    for (std::uint32_t edge = 0; edge < edge_count; edge++) {
      const auto triple = words.subspan(at + 2 + edge * std::size_t{3}, 3);
      require(triple[0] >= least && triple[1] >= triple[0] && triple[1] <= kLastCodePoint,
              "edges are not in order");
      require(triple[2] < count, "an edge leads nowhere");
      least = triple[1] + 1;
      AddEdge({triple[0], triple[1], triple[2]});
    }
    states_[state] = {.first_edge = first_edge,
                      .edge_count = static_cast<std::uint32_t>(edges_.size()) - first_edge,
                      .is_accepting = words[at] == 1};
  }
  DropDeadEnds();
  FindUniversal();
}

// Without the surrogates, which no UTF-8 text holds.
void Automaton::AddEdge(Edge edge) {
  if (edge.first < kFirstSurrogate) {
    edges_.push_back({edge.first, std::min(edge.last, kFirstSurrogate - 1), edge.target});
  }
  if (edge.last > kLastSurrogate) {
    edges_.push_back({std::max(edge.first, kLastSurrogate + 1), edge.last, edge.target});
  }
}

// The states that lead to each state, in one array.
Automaton::Sources Automaton::FindSources() const {
  Sources sources{.first = std::vector<std::uint32_t>(states_.size() + 1), .states = {}};
  for (const Edge& edge : edges_) {
    sources.first[edge.target + 1]++;
  }
  std::partial_sum(sources.first.begin(), sources.first.end(), sources.first.begin());
  sources.states.resize(edges_.size());
  std::vector<std::uint32_t> used(sources.first.begin(), sources.first.end() - 1);
  for (std::uint32_t state = 0; state < states_.size(); state++) {
    for (const Edge& edge : EdgesOf(state)) {
      sources.states[used[edge.target]++] = state;
    }
  }
  return sources;
}

void Automaton::DropDeadEnds() {
  const Sources sources = FindSources();
  std::vector<bool> is_alive(states_.size());
  std::vector<std::uint32_t> queue;
  const auto revive = [&](std::uint32_t state) {
    if (!is_alive[state]) {
      is_alive[state] = true;
      queue.push_back(state);
    }
  };
  for (std::uint32_t state = 0; state < states_.size(); state++) {
    if (states_[state].is_accepting) {
      revive(state);
    }
  }
  std::size_t alive = 0;
  while (!queue.empty()) {
    const std::uint32_t state = queue.back();
    queue.pop_back();
    alive++;
    for (const std::uint32_t source : sources.Of(state)) {
      revive(source);
    }
  }
  is_productive_ = is_alive[0];
  if (alive == states_.size()) {
    return;
  }
  std::vector<Edge> kept;
  kept.reserve(edges_.size());
  for (State& state : states_) {
    const auto first = static_cast<std::uint32_t>(kept.size());
    for (std::uint32_t edge = 0; edge < state.edge_count; edge++) {
      if (is_alive[edges_[state.first_edge + edge].target]) {
        kept.push_back(edges_[state.first_edge + edge]);
      }
    }
    state.first_edge = first;
    state.edge_count = static_cast<std::uint32_t>(kept.size()) - first;
  }
  edges_ = std::move(kept);
}

bool Automaton::CoversAllByUniversal(std::uint32_t state) const {
  std::uint32_t next = 0;
  for (const Edge& edge : EdgesOf(state)) {
    if (!states_[edge.target].is_universal) {
      return false;
    }
    if (next == kFirstSurrogate) {
      next = kLastSurrogate + 1;
    }
    if (edge.first > next) {
      return false;
    }
    next = std::max(next, edge.last + 1);
  }
  return next == kLastCodePoint + 1;
}

// The greatest set of states that cover all code points with edges into the set.
void Automaton::FindUniversal() {
  for (State& state : states_) {
    state.is_universal = true;
  }
  std::vector<std::uint32_t> queue;
  const auto refuse = [&](std::uint32_t state) {
    if (states_[state].is_universal && !CoversAllByUniversal(state)) {
      states_[state].is_universal = false;
      queue.push_back(state);
    }
  };
  for (std::uint32_t state = 0; state < states_.size(); state++) {
    refuse(state);
  }
  if (queue.empty() || queue.size() == states_.size()) {
    return;
  }
  const Sources sources = FindSources();
  while (!queue.empty()) {
    const std::uint32_t state = queue.back();
    queue.pop_back();
    for (const std::uint32_t source : sources.Of(state)) {
      refuse(source);
    }
  }
}

Automaton Automaton::LoopOf(std::uint32_t state) const {
  Automaton loop;
  for (const Edge& edge : EdgesOf(state)) {
    if (!loop.edges_.empty() && loop.edges_.back().last + 1 == edge.first) {
      loop.edges_.back().last = edge.last;
    } else {
      loop.edges_.push_back({edge.first, edge.last, 0});
    }
  }
  loop.states_.push_back(
      {.first_edge = 0, .edge_count = static_cast<std::uint32_t>(loop.edges_.size()), .is_accepting = true});
  loop.is_productive_ = true;
  loop.FindUniversal();
  return loop;
}

std::uint64_t Automaton::Hash() const {
  std::uint64_t hash = Mix(0, states_.size());
  for (const State& state : states_) {
    hash = Mix(hash, std::uint64_t{state.edge_count} << 1 | static_cast<std::uint64_t>(state.is_accepting));
  }
  for (const Edge& edge : edges_) {
    hash = Mix(Mix(hash, std::uint64_t{edge.first} << 32 | edge.last), edge.target);
  }
  return hash;
}

std::shared_ptr<const Automaton> ShareAutomaton(Automaton automaton) {
  static WeakRegistry<const Automaton> registry;
  return registry.Open(
      automaton.Hash(), [&](const Automaton& known) { return known == automaton; },
      [&] { return std::make_shared<const Automaton>(std::move(automaton)); });
}

}  // namespace rowmill::grammar
