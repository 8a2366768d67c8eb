#include "counter_page.h"

#include <stdexcept>
#include <utility>

#include "page_error.h"

namespace rowmill::counters {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// Relaxed is enough: counts are watched, nothing is ordered by them.
Counts Load(const CounterSet& set) {
  return {.rows_done = set.rows_done.load(kRelaxed),
          .rows_failed = set.rows_failed.load(kRelaxed),
          .input_tokens = set.input_tokens.load(kRelaxed),
          .output_tokens = set.output_tokens.load(kRelaxed)};
}

void Store(CounterSet& set, const Counts& counts) {
  set.rows_done.store(counts.rows_done, kRelaxed);
  set.rows_failed.store(counts.rows_failed, kRelaxed);
  set.input_tokens.store(counts.input_tokens, kRelaxed);
  set.output_tokens.store(counts.output_tokens, kRelaxed);
}

CounterSet& LaneAt(std::span<std::byte> bytes, std::uint32_t worker) {
  std::byte* place = bytes.subspan(sizeof(PageHeader) + worker * sizeof(Lane), sizeof(Lane)).data();
  return reinterpret_cast<Lane*>(place)->counts;
}

// Whether a page may be made here: nobody's file but one of ours is written over.
bool IsEmptyOrPage(std::span<std::byte> bytes) {
  if (bytes.size() < sizeof(PageHeader)) {
    return bytes.empty();
  }
  const std::uint64_t magic =
      reinterpret_cast<const PageHeader*>(bytes.data())->magic.load(std::memory_order_acquire);
  return magic == kMagic || magic == 0;
}

}  // namespace

CounterPage CounterPage::Create(const std::string& path, const PageShape& shape) {
  if (shape.workers == 0 || shape.workers > kMaxWorkers) {
    throw std::out_of_range("a counters page has 1 to 4096 workers");
  }
  MappedFile file = MappedFile::OpenOrCreate(path);
  if (!IsEmptyOrPage(file.bytes())) {
    throw PageError(PageFault::kForeign, path + " holds something else than counters");
  }
  file.Grow(BytesForWorkers(shape.workers));
  CounterPage page(path, std::move(file));
  PageHeader& header = page.header();
  header.magic.store(0, std::memory_order_release);
  header.version.store(kLayoutVersion, kRelaxed);
  header.workers.store(shape.workers, kRelaxed);
  header.rows_total.store(shape.rows_total, kRelaxed);
  header.started_at_ms.store(shape.started_at_ms, kRelaxed);
  Store(header.base, shape.base);
  for (std::uint32_t worker = 0; worker < shape.workers; ++worker) {
    Store(LaneAt(page.file_.bytes(), worker), {});
  }
  header.magic.store(kMagic, std::memory_order_release);
  return page;
}

CounterPage CounterPage::Attach(const std::string& path, MappedFile::Access access) {
  CounterPage page(path, MappedFile::Open(path, access));
  page.Check();
  return page;
}

Counts CounterPage::Read() {
  // A load past the end of a file that was cut is a fatal signal, so its size is asked each time.
  if (file_.FileSize() != file_.bytes().size()) {
    file_.Remap();
  }
  Check();
  const std::uint32_t workers = header().workers.load(kRelaxed);
  Counts sum = Load(header().base);
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    const Counts counts = Load(LaneAt(file_.bytes(), worker));
    sum.rows_done += counts.rows_done;
    sum.rows_failed += counts.rows_failed;
    sum.input_tokens += counts.input_tokens;
    sum.output_tokens += counts.output_tokens;
  }
  return sum;
}

PageShape CounterPage::Shape() const {
  const PageHeader& head = header();
  return {.workers = head.workers.load(kRelaxed),
          .rows_total = head.rows_total.load(kRelaxed),
          .started_at_ms = head.started_at_ms.load(kRelaxed),
          .base = Load(head.base)};
}

CounterSet& CounterPage::lane(std::uint32_t worker) const {
  if (worker >= header().workers.load(kRelaxed)) {
    throw std::out_of_range("the counters page has no lane " + std::to_string(worker));
  }
  return LaneAt(file_.bytes(), worker);
}

void CounterPage::Check() const {
  if (file_.bytes().empty()) {
    throw PageError(PageFault::kUnfinished, path_ + " is empty");
  }
  if (file_.bytes().size() < kPageBytes) {
    throw PageError(PageFault::kForeign, path_ + " is cut off or holds something else than counters");
  }
  const PageHeader& head = header();
  const std::uint64_t magic = head.magic.load(std::memory_order_acquire);
  if (magic == 0) {
    throw PageError(PageFault::kUnfinished, path_ + " is not ready yet");
  }
  const std::uint32_t workers = head.workers.load(kRelaxed);
  if (magic != kMagic || head.version.load(kRelaxed) != kLayoutVersion || workers == 0 ||
      workers > kMaxWorkers) {
    throw PageError(PageFault::kForeign, path_ + " holds something else than counters of this version");
  }
  if (file_.bytes().size() < BytesForWorkers(workers)) {
    throw PageError(PageFault::kForeign, path_ + " is cut off");
  }
}

PageHeader& CounterPage::header() const {
  return *reinterpret_cast<PageHeader*>(file_.bytes().data());
}

}  // namespace rowmill::counters
