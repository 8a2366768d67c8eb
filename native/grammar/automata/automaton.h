#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rowmill::grammar {

inline constexpr std::uint32_t kLastCodePoint = 0x10ffff;
inline constexpr std::uint32_t kFirstSurrogate = 0xd800;
inline constexpr std::uint32_t kLastHighSurrogate = 0xdbff;
inline constexpr std::uint32_t kLastSurrogate = 0xdfff;

// A deterministic automaton over code points; state 0 starts. Edges from which no accepting state can be
// reached are left out.
class Automaton {
 public:
  struct Edge {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t target;
    bool operator==(const Edge&) const = default;
  };

  // The words of the tables, see tables.h.
  // @throws GrammarError what they say is no automaton
  explicit Automaton(std::span<const std::uint32_t> words);

  // Whether it accepts any string at all.
  [[nodiscard]] bool IsProductive() const { return is_productive_; }
  [[nodiscard]] bool IsAccepting(std::uint32_t state) const { return states_[state].is_accepting; }
  // Whether every string may follow: whatever is read, the automaton never gets stuck.
  [[nodiscard]] bool IsUniversal(std::uint32_t state) const { return states_[state].is_universal; }
  [[nodiscard]] std::span<const Edge> EdgesOf(std::uint32_t state) const {
    return std::span(edges_).subspan(states_[state].first_edge, states_[state].edge_count);
  }
  [[nodiscard]] std::size_t size() const { return states_.size(); }
  // The automaton of one state that takes this state's characters again and again.
  [[nodiscard]] Automaton LoopOf(std::uint32_t state) const;
  [[nodiscard]] std::uint64_t Hash() const;
  bool operator==(const Automaton&) const = default;

 private:
  struct State {
    std::uint32_t first_edge = 0;
    std::uint32_t edge_count = 0;
    bool is_accepting = false;
    bool is_universal = false;
    bool operator==(const State&) const = default;
  };

  Automaton() = default;

  struct Sources {
    std::vector<std::uint32_t> first;
    std::vector<std::uint32_t> states;
    [[nodiscard]] std::span<const std::uint32_t> Of(std::uint32_t state) const {
      return std::span(states).subspan(first[state], first[state + 1] - first[state]);
    }
  };

  [[nodiscard]] Sources FindSources() const;
  void AddEdge(Edge edge);
  void DropDeadEnds();
  void FindUniversal();
  [[nodiscard]] bool CoversAllByUniversal(std::uint32_t state) const;

  std::vector<State> states_;
  std::vector<Edge> edges_;
  bool is_productive_ = false;
};

// One object for all that are equal, in the whole process: grammars share their formats and patterns.
std::shared_ptr<const Automaton> ShareAutomaton(Automaton automaton);

}  // namespace rowmill::grammar
