#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "frame.h"
#include "grammar/automata/string_machine.h"
#include "grammar/interning/arena.h"
#include "grammar/tables/program.h"
#include "place_set.h"

namespace rowmill::grammar {

// One place of the network where the text may be.
struct Config {
  std::uint32_t position = 0;
  // Within a string, else nullptr.
  const MachineState* machine = nullptr;
  const Frame* stack = nullptr;

  bool operator==(const Config&) const = default;
};

// The string machines of a program's strings, made at first use.
class StringMachines {
 public:
  StringMachines(const Program& program, Arena& arena)
      : program_(program), arena_(arena), machines_(program.string_count()) {}

  StringMachine& Of(std::uint32_t string) {
    auto& machine = machines_[string];
    if (machine == nullptr) {
      machine = std::make_unique<StringMachine>(program_.StringAt(string), arena_);
    }
    return *machine;
  }

 private:
  const Program& program_;
  Arena& arena_;
  std::vector<std::unique_ptr<StringMachine>> machines_;
};

// Collects the configurations of a state: what is reached from some places without reading.
class Closure {
 public:
  Closure(const Program& program, FrameTable& frames, StringMachines& machines)
      : program_(program), frames_(frames), machines_(machines) {}

  // Begins anew.
  void Clear();
  // What follows is collected from here. @throws GrammarError too ambiguous, as in Finish
  void Add(std::uint32_t position, const Frame* stack);
  void Add(const Config& config);
  // Follows all that was added.
  void Finish();

  // After Finish: in order, each once.
  [[nodiscard]] std::span<const Config> configs() const { return configs_; }
  // Whether the text may end.
  [[nodiscard]] bool is_accepting() const { return is_accepting_; }
  // Places that were looked at, a measure of the work.
  [[nodiscard]] std::size_t visited() const { return visited_.size(); }

 private:
  struct Place {
    std::uint32_t position;
    const Frame* stack;
  };
  struct Call {
    std::uint32_t rule;
    Return after;
    auto operator<=>(const Call&) const = default;
  };

  void Visit(std::uint32_t position, const Frame* stack);
  void VisitLoop(const Instruction& instruction, const Frame* stack);
  void NoteCall(const Instruction& instruction, const Frame* stack);
  // Enters each rule that was called, once for all its callers.
  void EnterRules();

  const Program& program_;
  FrameTable& frames_;
  StringMachines& machines_;
  std::vector<Place> work_;
  std::vector<Call> calls_;
  std::vector<Return> returns_;
  PlaceSet visited_;
  std::vector<Config> configs_;
  bool is_accepting_ = false;
};

}  // namespace rowmill::grammar
