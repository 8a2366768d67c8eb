#include "state_space.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "grammar_error.h"
#include "mask_builder.h"

namespace rowmill::grammar {

using Op = Instruction::Op;

namespace {

// Beyond it a grammar is so ambiguous that no step of it would be quick. Objects of thousands of optional properties
// stay below.
constexpr std::size_t kMostConfigs = 1 << 14;
// Configurations that the steps of one mask may go through: about a second, and 100 MB of states.
constexpr std::size_t kMostWork = std::size_t{1} << 22;

bool ComesBefore(const Config& a, const Config& b) {
  return std::tie(a.position, a.machine, a.stack) < std::tie(b.position, b.machine, b.stack);
}

}  // namespace

StateSpace::StateSpace(const Program& program, const Vocabulary& vocabulary)
    : program_(program), vocabulary_(vocabulary), machines_(program.string_count()) {
  Close(program.start(), nullptr);
  start_ = Intern();
  CountBytes();
}

StringMachine& StateSpace::MachineOf(std::uint32_t string) {
  auto& machine = machines_[string];
  if (machine == nullptr) {
    machine = std::make_unique<StringMachine>(program_.StringAt(string), arena_);
  }
  return *machine;
}

const Frame* StateSpace::Push(std::uint32_t position, std::uint32_t count, const Frame* parent) {
  const std::uint64_t hash =
      Mix(Mix(parent == nullptr ? 0 : parent->hash, position), std::uint64_t{count} + 1);
  Frame* found = frames_.Find(hash, [&](const Frame& other) {
    return other.position == position && other.count == count && other.parent == parent;
  });
  if (found != nullptr) {
    return found;
  }
  found = arena_.Make<Frame>(Frame{.position = position, .count = count, .parent = parent, .hash = hash});
  frames_.Add(found);
  const Instruction& instruction = program_.at(position);
  const std::uint32_t clamped =
      instruction.op == Op::kLoopEnd ? ClampedCount(program_.LoopAt(instruction.a), count) : count;
  const Frame* clamped_parent = parent == nullptr ? nullptr : parent->clamped;
  found->clamped = clamped == count && clamped_parent == parent ? found : Push(position, clamped, clamped_parent);
  return found;
}

// One token begins at most as many rounds as it has bytes.
std::uint32_t StateSpace::ClampedCount(const Loop& loop, std::uint32_t count) const {
  const std::uint32_t enough = vocabulary_.longest() + 2;
  if (loop.most != kNoEnd && loop.most - count <= enough) {
    return count;
  }
  if (count >= loop.least) {
    return loop.least;
  }
  return loop.least - count > enough ? loop.least - enough - 1 : count;
}

void StateSpace::AddConfig(const Config& config) {
  if (collected_.size() >= kMostConfigs) {
    throw GrammarError("the grammar is too ambiguous: more than 16384 readings of the same text");
  }
  collected_.push_back(config);
}

void StateSpace::Close(std::uint32_t position, const Frame* stack) {
  const Op op = program_.at(position).op;
  if (op == Op::kByte || op == Op::kSet) {
    AddConfig({.position = position, .machine = nullptr, .stack = stack});
    return;
  }
  work_.push_back({position, stack});
  while (!work_.empty()) {
    const Place place = work_.back();
    work_.pop_back();
    Visit(place.position, place.stack);
  }
}

void StateSpace::Visit(std::uint32_t position, const Frame* stack) {
  const Instruction& instruction = program_.at(position);
  switch (instruction.op) {
    case Op::kByte:
    case Op::kSet:
      AddConfig({.position = position, .machine = nullptr, .stack = stack});
      return;
    case Op::kString:
      AddConfig({.position = position, .machine = MachineOf(instruction.a).start(), .stack = stack});
      return;
    case Op::kCall: {
      const bool is_last = program_.at(instruction.next).op == Op::kReturn;
      work_.push_back({instruction.a, is_last ? stack : Push(instruction.next, 0, stack)});
      return;
    }
    case Op::kReturn:
      if (stack == nullptr) {
        collected_end_ = true;
      } else {
        work_.push_back({stack->position, stack->parent});
      }
      return;
    case Op::kSplit:
    case Op::kLoopEnter:
    case Op::kLoopEnd:
    case Op::kJump:
      break;
  }
  // Only these can lead back to themselves, or be reached in many ways.
  if (!visited_.Add(position, stack)) {
    return;
  }
  if (visited_.size() > kMostConfigs * 4) {
    throw GrammarError("the grammar is too ambiguous: too many ways between two bytes");
  }
  if (instruction.op == Op::kSplit) {
    for (std::uint32_t target = 0; target < instruction.b; target++) {
      work_.push_back({program_.TargetAt(instruction.a + target), stack});
    }
    return;
  }
  const Loop& loop = program_.LoopAt(instruction.a);
  if (instruction.op == Op::kLoopEnter) {
    if (loop.least == 0) {
      work_.push_back({loop.next, stack});
    }
    work_.push_back({loop.body, Push(loop.end, 0, stack)});
    return;
  }
  std::uint32_t count = stack->count + 1;
  if (loop.most == kNoEnd) {
    count = std::min(count, loop.least);
  }
  if (count >= loop.least) {
    work_.push_back({loop.next, stack->parent});
  }
  if (count < loop.most) {
    work_.push_back({loop.body, Push(loop.end, count, stack->parent)});
  }
}

State* StateSpace::Intern() {
  visited_.Clear();
  if (collected_.size() > 1) {
    std::ranges::sort(collected_, ComesBefore);
    const auto rest = std::ranges::unique(collected_);
    collected_.erase(rest.begin(), rest.end());
  }
  const bool is_accepting = collected_end_;
  collected_end_ = false;
  if (collected_.empty() && !is_accepting) {
    return &dead_;
  }
  std::uint64_t hash = is_accepting ? 1 : 2;
  for (const Config& config : collected_) {
    hash = Mix(hash, config.position);
    hash = Mix(hash, reinterpret_cast<std::uintptr_t>(config.machine));
    hash = Mix(hash, reinterpret_cast<std::uintptr_t>(config.stack));
  }
  State* found = states_.Find(hash, [&](const State& other) {
    return other.is_accepting == is_accepting && std::ranges::equal(other.configs, collected_);
  });
  if (found == nullptr) {
    const auto configs = arena_.MakeMany<Config>(collected_.size());
    std::ranges::copy(collected_, configs.begin());
    found = arena_.Make<State>();
    found->configs = configs;
    found->is_accepting = is_accepting;
    found->hash = hash;
    states_.Add(found);
  }
  collected_.clear();
  return found;
}

State* StateSpace::InternOf(std::span<const Config> configs, bool is_accepting) {
  collected_.assign(configs.begin(), configs.end());
  collected_end_ = is_accepting;
  return Intern();
}

const ByteClasses* StateSpace::ClassesOf(const Config& config) {
  const Instruction& instruction = program_.at(config.position);
  switch (instruction.op) {
    case Op::kByte:
      return &Program::ClassesOfByte(instruction.value);
    case Op::kSet:
      return &program_.SetAt(instruction.a).classes;
    default:
      MachineOf(instruction.a).Expand(config.machine);
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
  // What a step that failed has left.
  collected_.clear();
  work_.clear();
  visited_.Clear();
  collected_end_ = false;
  if (work_left_ < state->configs.size()) {
    throw GrammarError("the grammar is too ambiguous: a mask would take too long");
  }
  work_left_ -= state->configs.size();
  for (const Config& config : state->configs) {
    const Instruction& instruction = program_.at(config.position);
    if (instruction.op == Op::kByte) {
      if (instruction.value == byte) {
        Close(instruction.next, config.stack);
      }
    } else if (instruction.op == Op::kSet) {
      if (program_.SetAt(instruction.a).bytes[byte]) {
        Close(instruction.next, config.stack);
      }
    } else if (const MachineState* next = config.machine->Next(byte); next != nullptr) {
      if (next->mode == MachineState::Mode::kEnd) {
        Close(instruction.next, config.stack);
      } else {
        AddConfig({.position = config.position, .machine = next, .stack = config.stack});
      }
    }
  }
  work_left_ -= std::min(work_left_, visited_.size());
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
      config.machine = MachineOf(program_.at(config.position).a).Clamped(*config.machine, enough);
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
  return InternOf(clamped, state->is_accepting);
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

std::vector<State*> StateSpace::Successors(State* state, std::size_t most) {
  const std::lock_guard lock(mutex_);
  work_left_ = kMostWork;
  std::vector<State*> found = MaskBuilder(*this).Successors(Representative(state), most);
  CountBytes();
  return found;
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

const Frame* StateSpace::AdoptFrame(const Frame* frame, std::unordered_map<const Frame*, const Frame*>& known) {
  std::vector<const Frame*> path;
  const Frame* at = frame;
  for (; at != nullptr && !known.contains(at); at = at->parent) {
    path.push_back(at);
  }
  const Frame* own = at == nullptr ? nullptr : known[at];
  for (; !path.empty(); path.pop_back()) {
    own = Push(path.back()->position, path.back()->count, own);
    known[path.back()] = own;
  }
  return own;
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
      machine = MachineOf(program_.at(config.position).a).Adopt(*machine);
    }
    configs.push_back({config.position, machine, AdoptFrame(config.stack, known)});
  }
  State* own = InternOf(configs, other.is_accepting);
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
