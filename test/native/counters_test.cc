// Tests of what lies below the binding. Run by test/native/counters.test.ts, with and without sanitizers.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "counter_page.h"
#include "page_error.h"
#include "sampler.h"

namespace {

using rowmill::counters::BytesForWorkers;
using rowmill::counters::CounterPage;
using rowmill::counters::Counts;
using rowmill::counters::MappedFile;
using rowmill::counters::PageError;
using rowmill::counters::PageFault;
using rowmill::counters::Sample;
using rowmill::counters::Sampler;

int failures = 0;
std::string folder;

#define CHECK(claim)                                                    \
  do {                                                                  \
    if (!(claim)) {                                                     \
      std::printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #claim); \
      ++failures;                                                       \
    }                                                                   \
  } while (false)

std::string NewPath() {
  static int number = 0;
  return folder + "/page" + std::to_string(++number);
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::optional<PageFault> FaultOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const PageError& error) {
    return error.fault();
  }
  return std::nullopt;
}

std::optional<PageFault> FaultOfAttach(const std::string& path) {
  return FaultOf([&] { CounterPage::Attach(path, MappedFile::Access::kRead); });
}

void AddTo(CounterPage& page, std::uint32_t worker, const Counts& counts) {
  page.lane(worker).rows_done += counts.rows_done;
  page.lane(worker).rows_failed += counts.rows_failed;
  page.lane(worker).input_tokens += counts.input_tokens;
  page.lane(worker).output_tokens += counts.output_tokens;
}

void APageAddsUpItsBaseAndAllLanes() {
  CounterPage page = CounterPage::Create(NewPath(), {3, 100, 5, {1, 2, 3, 4}});
  AddTo(page, 0, {10, 0, 100, 7});
  AddTo(page, 2, {0, 1, 50, 0});
  CHECK((page.Read() == Counts{11, 3, 153, 11}));
  CHECK(page.Shape().rows_total == 100 && page.Shape().started_at_ms == 5);
}

void LanesOfTwoWorkersNeverShareACacheLine() {
  const CounterPage page = CounterPage::Create(NewPath(), {2, 0, 0, {}});
  const auto* first = reinterpret_cast<const char*>(&page.lane(0));
  const auto* second = reinterpret_cast<const char*>(&page.lane(1));
  CHECK(second - first == 64 && reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
}

void ThreadsThatAddToOneLaneLoseNothing() {
  CounterPage page = CounterPage::Create(NewPath(), {1, 0, 0, {}});
  constexpr int kThreads = 4;
  constexpr int kAdds = 50'000;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int add = 0; add < kAdds; ++add) {
        page.lane(0).output_tokens.fetch_add(3, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(page.Read().output_tokens == 3ULL * kThreads * kAdds);
}

void AProcessThatDiesLeavesWhatItHasAdded() {
  const std::string path = NewPath();
  CounterPage page = CounterPage::Create(path, {1, 0, 0, {}});
  const pid_t child = fork();
  if (child == 0) {
    CounterPage own = CounterPage::Attach(path, MappedFile::Access::kReadWrite);
    AddTo(own, 0, {5, 1, 40, 9});
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  CHECK((page.Read() == Counts{5, 1, 40, 9}));
}

void APageThatIsMadeAgainIsSeenByWhoHadItMapped() {
  const std::string path = NewPath();
  CounterPage first = CounterPage::Create(path, {1, 10, 0, {}});
  CounterPage watcher = CounterPage::Attach(path, MappedFile::Access::kRead);
  AddTo(first, 0, {7, 0, 0, 0});
  // more workers than one page of memory holds, so the file grows under the watcher
  CounterPage second = CounterPage::Create(path, {200, 10, 0, {5, 0, 0, 0}});
  AddTo(second, 199, {1, 0, 0, 0});
  CHECK(watcher.Read().rows_done == 6);
  CounterPage third = CounterPage::Create(path, {1, 10, 0, {}});
  CHECK(watcher.Read() == Counts{} && std::filesystem::file_size(path) == BytesForWorkers(200));
}

void APageIsPrivateToItsUser() {
  const std::string path = NewPath();
  CounterPage::Create(path, {1, 0, 0, {}});
  CHECK(std::filesystem::status(path).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

void WhatIsNoPageIsRefusedAndLeftAsItIs() {
  const std::string path = NewPath();
  for (const std::string& content : {std::string("a"), std::string(5000, 'x'), std::string(64, 'y')}) {
    WriteFile(path, content);
    CHECK(FaultOfAttach(path) == PageFault::kForeign);
    CHECK(FaultOf([&] { CounterPage::Create(path, {1, 0, 0, {}}); }) == PageFault::kForeign);
    CHECK(std::filesystem::file_size(path) == content.size());
  }
  CHECK(FaultOfAttach(folder) == PageFault::kForeign);
}

void APageThatIsNotReadyIsToldFromOneThatIsMissing() {
  const std::string path = NewPath();
  CHECK(FaultOfAttach(path) == PageFault::kMissing);
  WriteFile(path, "");
  CHECK(FaultOfAttach(path) == PageFault::kUnfinished);
  WriteFile(path, std::string(4096, '\0'));
  CHECK(FaultOfAttach(path) == PageFault::kUnfinished);
  CounterPage::Create(path, {1, 0, 0, {}});
  CHECK(!FaultOfAttach(path));
}

void ACutFileIsAnErrorAndNoSignal() {
  const std::string path = NewPath();
  CounterPage::Create(path, {200, 0, 0, {}});
  CounterPage watcher = CounterPage::Attach(path, MappedFile::Access::kRead);
  for (const std::uintmax_t size : {8192U, 4096U, 100U, 0U}) {
    std::filesystem::resize_file(path, size);
    const PageFault expected = size == 0 ? PageFault::kUnfinished : PageFault::kForeign;
    CHECK(FaultOf([&] { watcher.Read(); }) == expected);
    CHECK(FaultOfAttach(path) == expected);
  }
}

void NoHeaderMakesAReaderLeaveTheFile() {
  const std::string path = NewPath();
  CounterPage::Create(path, {1, 0, 0, {}});
  std::mt19937_64 random(20);
  for (int round = 0; round < 2000; ++round) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(8);  // all after the magic: version, workers, …
    for (int word = 0; word < 3; ++word) {
      const std::uint64_t noise = random() >> (random() % 64);
      file.write(reinterpret_cast<const char*>(&noise), sizeof noise);
    }
    if (round % 2 == 0) {  // the right version, any number of workers
      const std::uint32_t version = 1;
      file.seekp(8);
      file.write(reinterpret_cast<const char*>(&version), sizeof version);
    }
    file.close();
    FaultOf([&] { CounterPage::Attach(path, MappedFile::Access::kRead).Read(); });
  }
}

void AWorkerThatIsNotThereIsAnError() {
  const CounterPage page = CounterPage::Create(NewPath(), {2, 0, 0, {}});
  int errors = 0;
  for (const std::uint32_t worker : {2U, 4'000'000'000U}) {
    try {
      static_cast<void>(page.lane(worker));
    } catch (const std::out_of_range&) {
      ++errors;
    }
  }
  CHECK(errors == 2);
}

void ASamplerSeesWhatIsAddedAndEndsWithItsOwner() {
  const std::string path = NewPath();
  CounterPage page = CounterPage::Create(path, {1, 0, 0, {}});
  std::atomic<std::uint64_t> seen = 0;
  std::atomic<bool> is_gone = false;
  std::atomic<int> late = 0;
  {
    const Sampler sampler(CounterPage::Attach(path, MappedFile::Access::kRead), std::chrono::milliseconds(1),
                          [&](const Sample& sample) {
                            seen = sample.counts.rows_done;
                            late += is_gone ? 1 : 0;
                          });
    AddTo(page, 0, {42, 0, 0, 0});
    while (seen != 42) {
      std::this_thread::yield();
    }
  }
  is_gone = true;
  AddTo(page, 0, {1, 0, 0, 0});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(late == 0 && seen == 42);
}

void ASamplerOfADamagedPageSaysSoOnce() {
  const std::string path = NewPath();
  CounterPage::Create(path, {1, 0, 0, {}});
  std::atomic<int> errors = 0;
  std::atomic<int> after = 0;
  const Sampler sampler(CounterPage::Attach(path, MappedFile::Access::kRead), std::chrono::milliseconds(1),
                        [&](const Sample& sample) { sample.error.empty() ? after += errors : ++errors; });
  std::filesystem::resize_file(path, 10);
  while (errors == 0) {
    std::this_thread::yield();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(errors == 1 && after == 0);
}

}  // namespace

int main() {
  std::string pattern = (std::filesystem::temp_directory_path() / "rowmill-counters-XXXXXX").string();
  folder = mkdtemp(pattern.data());
  APageAddsUpItsBaseAndAllLanes();
  LanesOfTwoWorkersNeverShareACacheLine();
  ThreadsThatAddToOneLaneLoseNothing();
  AProcessThatDiesLeavesWhatItHasAdded();
  APageThatIsMadeAgainIsSeenByWhoHadItMapped();
  APageIsPrivateToItsUser();
  WhatIsNoPageIsRefusedAndLeftAsItIs();
  APageThatIsNotReadyIsToldFromOneThatIsMissing();
  ACutFileIsAnErrorAndNoSignal();
  NoHeaderMakesAReaderLeaveTheFile();
  AWorkerThatIsNotThereIsAnError();
  ASamplerSeesWhatIsAddedAndEndsWithItsOwner();
  ASamplerOfADamagedPageSaysSoOnce();
  std::filesystem::remove_all(folder);
  std::printf("%s\n", failures == 0 ? "all passed" : "failed");
  return failures == 0 ? 0 : 1;
}
