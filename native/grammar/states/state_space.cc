#include "state_space.h"

#include <algorithm>
#include <array>

#include "grammar/grammar_error.h"
#include "mask_builder.h"

namespace rowmill::grammar {

using Op = Instruction::Op;

namespace {

// Configurations that the steps of one mask may go through: some seconds, and 400 MB of states.
constexpr std::size_t kMostWork = std::size_t{1} << 24;

}  // namespace

StateSpace::StateSpace(const Program& program, const Vocabulary& vocabulary)
    : program_(program), vocabulary_(vocabulary), frames_(program, vocabulary.longest(), arena_),
      machines_(program, arena_), closure_(program, frames_, machines_) {
  closure_.Add(program.start(), nullptr);
  closure_.Finish();
  start_ = Intern();
  CountBytes();
}

State* StateSpace::Intern() { return InternOf(closure_.configs(), closure_.is_accepting()); }

State* StateSpace::InternOf(std::span<const Config> configs, bool is_accepting) {
  if (configs.empty() && !is_accepting) {
    return &dead_;
  }
  std::uint64_t hash = is_accepting ? 1 : 2;
  for (const Config& config : configs) {
    hash = Mix(hash, config.position);
    hash = Mix(hash, reinterpret_cast<std::uintptr_t>(config.machine));
    hash = Mix(hash, reinterpret_cast<std::uintptr_t>(config.stack));
  }
  State* found = states_.Find(hash, [&](const State& other) {
    return other.is_accepting == is_accepting && std::ranges::equal(other.configs, configs);
  });
  if (found == nullptr) {
    const auto own = arena_.MakeMany<Config>(configs.size());
    std::ranges::copy(configs, own.begin());
    found = arena_.Make<State>();
    found->configs = own;
    found->is_accepting = is_accepting;
    found->hash = hash;
    states_.Add(found);
  }
  return found;
}

State* StateSpace::InternUnordered(std::span<const Config> configs, bool is_accepting) {
  closure_.Clear();
  for (const Config& config : configs) {
    closure_.Add(config);
  }
  closure_.Finish();
  return InternOf(closure_.configs(), is_accepting);
}

const ByteClasses* StateSpace::ClassesOf(const Config& config) {
  const Instruction& instruction = program_.at(config.position);
  switch (instruction.op) {
    case Op::kByte:
      return &Program::ClassesOfByte(instruction.value);
    case Op::kSet:
      return &program_.SetAt(instruction.a).classes;
    default:
      machines_.Of(instruction.a).Expand(config.machine);
      return config.machine->classes;
  }
}

const ByteClasses* StateSpace::FindClasses(std::span<const Config> configs) {
  if (configs.size() == 1) {
    return ClassesOf(configs[0]);
  }
  auto* classes = arena_.Make<ByteClasses>();
  std::array<bool, 256> is_alone{};
  std::vector<const ByteClasses*> parts;
  for (const Config& config : configs) {
    const Instruction& instruction = program_.at(config.position);
    if (instruction.op == Op::kByte) {
      is_alone[instruction.value] = true;
      continue;
    }
    const ByteClasses* part = ClassesOf(config);
    if (std::ranges::find(parts, part) == parts.end()) {
      parts.push_back(part);
    }
  }
  // Each part splits the classes of those before it.
  std::array<std::uint16_t, 256> of{};
  std::uint16_t count = 1;
  std::vector<std::uint16_t> renamed;
  for (const ByteClasses* part : parts) {
    renamed.assign(std::size_t{count} * part->count, 0);
    std::uint16_t next = 1;
    for (std::size_t byte = 0; byte < 256; byte++) {
      const std::size_t pair = std::size_t{of[byte]} * part->count + part->of[byte];
      if (pair != 0 && renamed[pair] == 0) {
        renamed[pair] = next++;
      }
      of[byte] = renamed[pair];
    }
    count = next;
  }
  renamed.assign(count, 0);
  for (std::size_t byte = 0; byte < 256; byte++) {
    if (is_alone[byte]) {
      classes->of[byte] = classes->AddClass(static_cast<std::uint8_t>(byte));
    } else if (of[byte] != 0) {
      if (renamed[of[byte]] == 0) {
        renamed[of[byte]] = classes->AddClass(static_cast<std::uint8_t>(byte));
      }
      classes->of[byte] = static_cast<std::uint8_t>(renamed[of[byte]]);
    }
  }
  classes->Finish();
  return classes;
}

void StateSpace::Prepare(State* state) {
  if (state->classes.load(std::memory_order_relaxed) == nullptr) {
    const ByteClasses* classes = FindClasses(state->configs);
    state->targets = arena_.MakeMany<std::atomic<State*>>(classes->count);
    state->targets[0].store(&dead_, std::memory_order_relaxed);
    state->classes.store(classes, std::memory_order_release);
  }
}

State* StateSpace::Step(State* state, std::uint8_t byte_class) {
  std::atomic<State*>& target = state->targets[byte_class];
  if (State* known = target.load(std::memory_order_relaxed)) {
    return known;
  }
  const std::uint8_t byte = state->classes.load(std::memory_order_relaxed)->byte_of[byte_class];
  if (work_left_ < state->configs.size()) {
    throw GrammarError("the grammar is too ambiguous: a mask would take too long");
  }
  work_left_ -= state->configs.size();
  closure_.Clear();
  for (const Config& config : state->configs) {
    const Instruction& instruction = program_.at(config.position);
    if (instruction.op == Op::kByte) {
      if (instruction.value == byte) {
        closure_.Add(instruction.next, config.stack);
      }
    } else if (instruction.op == Op::kSet) {
      if (program_.SetAt(instruction.a).bytes[byte]) {
        closure_.Add(instruction.next, config.stack);
      }
    } else if (const MachineState* next = config.machine->Next(byte); next != nullptr) {
      if (next->mode == MachineState::Mode::kEnd) {
        closure_.Add(instruction.next, config.stack);
      } else {
        closure_.Add({.position = config.position, .machine = next, .stack = config.stack});
      }
    }
  }
  closure_.Finish();
  work_left_ -= std::min(work_left_, closure_.visited());
  State* next = Intern();
  target.store(next, std::memory_order_release);
  return next;
}

State* StateSpace::MakeNext(State* state, std::uint8_t byte) {
  const std::lock_guard lock(mutex_);
  work_left_ = kMostWork;
  Prepare(state);
  State* next = Step(state, state->classes.load(std::memory_order_relaxed)->of[byte]);
  CountBytes();
  return next;
}

const ByteClasses& StateSpace::ClassesOf(State* state) {
  const ByteClasses* classes = state->classes.load(std::memory_order_acquire);
  if (classes == nullptr) {
    const std::lock_guard lock(mutex_);
    Prepare(state);
    classes = state->classes.load(std::memory_order_relaxed);
  }
  return *classes;
}

State* StateSpace::Representative(State* state) {
  const std::uint32_t enough = vocabulary_.longest() + 2;
  std::vector<Config> clamped;
  for (std::size_t index = 0; index < state->configs.size(); index++) {
    Config config = state->configs[index];
    if (config.stack != nullptr) {
      config.stack = config.stack->clamped;
    }
    if (config.machine != nullptr) {
      config.machine = machines_.Of(program_.at(config.position).a).Clamped(*config.machine, enough);
    }
    if (clamped.empty() && config == state->configs[index]) {
      continue;
    }
    if (clamped.empty()) {
      clamped.assign(state->configs.begin(), state->configs.end());
    }
    clamped[index] = config;
  }
  if (clamped.empty()) {
    return state;
  }
  return InternUnordered(clamped, state->is_accepting);
}

const std::uint32_t* StateSpace::MakeMask(State* state) {
  const std::lock_guard lock(mutex_);
  if (const std::uint32_t* made = state->mask.load(std::memory_order_relaxed)) {
    return made;
  }
  work_left_ = kMostWork;
  State* same = Representative(state);
  const std::uint32_t* mask = same->mask.load(std::memory_order_relaxed);
  if (mask == nullptr) {
    masks_.push_back(MaskBuilder(*this).Build(same));
    mask = masks_.back().get();
    same->mask.store(mask, std::memory_order_release);
    mask_count_.store(masks_.size(), std::memory_order_relaxed);
    CountBytes();
  }
  state->mask.store(mask, std::memory_order_release);
  return mask;
}

const std::vector<std::uint32_t>& StateSpace::KeepForced(State* state, std::vector<std::uint32_t> tokens) {
  const std::lock_guard lock(mutex_);
  const auto* kept = state->forced.load(std::memory_order_relaxed);
  if (kept == nullptr) {
    kept = &forced_.emplace_back(std::move(tokens));
    state->forced.store(kept, std::memory_order_release);
  }
  return *kept;
}

State* StateSpace::Adopt(const State& other) {
  if (other.IsDead()) {
    return &dead_;
  }
  const std::lock_guard lock(mutex_);
  std::unordered_map<const Frame*, const Frame*> known;
  std::vector<Config> configs;
  for (const Config& config : other.configs) {
    const MachineState* machine = config.machine;
    if (machine != nullptr) {
      machine = machines_.Of(program_.at(config.position).a).Adopt(*machine);
    }
    configs.push_back({config.position, machine, frames_.Adopt(config.stack, known)});
  }
  State* own = InternUnordered(configs, other.is_accepting);
  CountBytes();
  return own;
}

void StateSpace::CountBytes() {
  const std::size_t mask_bytes = vocabulary_.words() * 4;
  bytes_.store(arena_.bytes() + frames_.bytes() + states_.bytes() +
                   masks_.size() * mask_bytes,
               std::memory_order_relaxed);
  state_count_.store(states_.size(), std::memory_order_relaxed);
}

}  // namespace rowmill::grammar
