// Tests of what lies below the binding. Run by test/native/counters.test.ts, with and without sanitizers.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "counters/counter_page.h"
#include "counters/live_counts.h"
#include "counters/page_error.h"
#include "counters/page_reader.h"

namespace {

using rowmill::counters::CounterPage;
using rowmill::counters::Counts;
using rowmill::counters::LiveCounts;
using rowmill::counters::PageError;
using rowmill::counters::PageFault;
using rowmill::counters::PageReader;
using rowmill::counters::PageRecord;
using rowmill::counters::Reading;

// Places of counts.
constexpr std::size_t kRowsDone = 0;
constexpr std::size_t kOutputTokens = 3;

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
  return FaultOf([&] { CounterPage::Attach(path); });
}

void AddTo(const std::string& path, std::uint32_t worker, const Counts& counts) {
  rowmill::counters::CounterSet& lane = LiveCounts::Find(path)->lane(worker);
  for (std::size_t count = 0; count < counts.size(); ++count) {
    lane.counters[count] += counts[count];
  }
}

// As another process sees it: what the file says.
Counts Written(const std::string& path) {
  PageRecord record;
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&record), sizeof record);
  return record.checksum == rowmill::counters::ChecksumOf(record) ? record.counts : Counts{};
}

void WaitUntilWritten(const std::string& path, const Counts& counts) {
  while (!(Written(path) == counts)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void APageAddsUpItsBaseAndAllLanes() {
  const std::string path = NewPath();
  const CounterPage page = CounterPage::Create(path, {3, 100, 5, {1, 2, 3, 4}});
  AddTo(path, 0, {10, 0, 100, 7});
  AddTo(path, 2, {0, 1, 50, 0});
  CHECK((page.Read() == Counts{11, 3, 153, 11}));
  CHECK(page.Shape().rows_total == 100 && page.Shape().started_at_ms == 5);
}

void LanesOfTwoWorkersNeverShareACacheLine() {
  const std::string path = NewPath();
  const CounterPage page = CounterPage::Create(path, {2, 0, 0, {}});
  const auto* first = reinterpret_cast<const char*>(&LiveCounts::Find(path)->lane(0));
  const auto* second = reinterpret_cast<const char*>(&LiveCounts::Find(path)->lane(1));
  CHECK(second - first == 64 && reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
}

void ThreadsThatAddToOneLaneLoseNothing() {
  const std::string path = NewPath();
  const CounterPage page = CounterPage::Create(path, {1, 0, 0, {}});
  constexpr int kThreads = 4;
  constexpr int kAdds = 50'000;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      const std::shared_ptr<LiveCounts> live = LiveCounts::Find(path);
      for (int add = 0; add < kAdds; ++add) {
        live->lane(0).counters[kOutputTokens].fetch_add(3, std::memory_order_relaxed);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(page.Read()[kOutputTokens] == 3ULL * kThreads * kAdds);
}

void AnotherProcessSeesWhatIsAddedWhileItIsAdded() {
  const std::string path = NewPath();
  int added[2];
  CHECK(pipe(added) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const CounterPage own = CounterPage::Create(path, {1, 0, 0, {}});
    AddTo(path, 0, {5, 1, 40, 9});
    WaitUntilWritten(path, {5, 1, 40, 9});
    CHECK(write(added[1], "!", 1) == 1);
    pause();
  }
  char byte = 0;
  CHECK(read(added[0], &byte, 1) == 1);
  CHECK((CounterPage::Attach(path).Read() == Counts{5, 1, 40, 9}));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK((CounterPage::Attach(path).Read() == Counts{5, 1, 40, 9}));
  close(added[0]);
  close(added[1]);
}

void APageThatIsMadeAgainIsSeenByWhoReadsIt() {
  const std::string path = NewPath();
  std::optional<CounterPage> first = CounterPage::Create(path, {1, 10, 0, {}});
  const CounterPage watcher = CounterPage::Attach(path);
  AddTo(path, 0, {7, 0, 0, 0});
  CounterPage second = CounterPage::Create(path, {200, 10, 0, {5, 0, 0, 0}});
  AddTo(path, 199, {1, 0, 0, 0});
  CHECK(watcher.Read()[kRowsDone] == 6);
  // the end of the older page writes nothing over the newer one
  WaitUntilWritten(path, {6, 0, 0, 0});
  first.reset();
  CHECK((Written(path) == Counts{6, 0, 0, 0}));
}

void ANoteIsReadBesideTheCounts() {
  const std::string path = NewPath();
  CounterPage page = CounterPage::Create(path, {1, 0, 0, {}});
  page.SetNote("waiting for space on /data");
  PageRecord record;
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&record), sizeof record);
  CHECK(std::string(record.note.data()) == "waiting for space on /data");
  CHECK(CounterPage::Attach(path).Note() == "waiting for space on /data");
  page.SetNote(std::string(5000, 'x'));
  page.SetNote("");
  CHECK(CounterPage::Attach(path).Note().empty());
}

void WhoCountsOnOutlivesACutFileAndMendsIt() {
  const std::string path = NewPath();
  const CounterPage page = CounterPage::Create(path, {3, 0, 0, {}});
  for (const std::uintmax_t size : {100U, 1U, 0U}) {
    std::filesystem::resize_file(path, size);
    AddTo(path, 2, {1, 0, 0, 0});
    WaitUntilWritten(path, page.Read());
  }
  CHECK(page.Read()[kRowsDone] == 3);
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
  const CounterPage watcher = CounterPage::Attach(path);
  for (const std::uintmax_t size : {500U, 100U, 0U}) {
    std::filesystem::resize_file(path, size);
    const PageFault expected = size == 0 ? PageFault::kUnfinished : PageFault::kForeign;
    CHECK(FaultOf([&] { static_cast<void>(watcher.Read()); }) == expected);
    CHECK(FaultOfAttach(path) == expected);
  }
}

void ARecordThatDoesNotAddUpIsRefused() {
  const std::string path = NewPath();
  CounterPage::Create(path, {1, 0, 0, {}});
  std::mt19937_64 random(20);
  for (int round = 0; round < 10; ++round) {
    const auto place = static_cast<std::streamoff>(16 + random() % (sizeof(PageRecord) - 16));
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(place);
    const int byte = file.get();
    file.seekp(place);
    file.put(static_cast<char>(byte ^ 1));
    file.close();
    CHECK(FaultOfAttach(path) == PageFault::kForeign);
    std::fstream again(path, std::ios::binary | std::ios::in | std::ios::out);
    again.seekp(place);
    again.put(static_cast<char>(byte));
  }
  CHECK(!FaultOfAttach(path));
}

void APageOfOtherCountsIsRefused() {
  const std::string path = NewPath();
  CounterPage::Create(path, {1, 0, 0, {1, 2, 3, 4}});
  PageRecord record;
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&record), sizeof record);
  const std::string bytes(reinterpret_cast<const char*>(&record), sizeof record);
  const std::size_t counts = offsetof(PageRecord, counts);
  const auto write = [&](std::string page) {
    // what it says adds up by its own layout
    std::uint64_t sum = rowmill::counters::ChecksumOf(std::as_bytes(std::span(page)).first(page.size() - sizeof sum));
    std::memcpy(page.data() + page.size() - sizeof sum, &sum, sizeof sum);
    WriteFile(path, page);
  };
  write(bytes);
  CHECK((CounterPage::Attach(path).Read() == Counts{1, 2, 3, 4}));
  write(std::string(bytes).insert(counts, sizeof(std::uint64_t), '\1'));
  CHECK(FaultOfAttach(path) == PageFault::kForeign);
  write(std::string(bytes).erase(counts, sizeof(std::uint64_t)));
  CHECK(FaultOfAttach(path) == PageFault::kForeign);
}

void AWorkerThatIsNotThereIsAnError() {
  const std::string path = NewPath();
  const CounterPage page = CounterPage::Create(path, {2, 0, 0, {}});
  int errors = 0;
  for (const std::uint32_t worker : {2U, 4'000'000'000U}) {
    try {
      static_cast<void>(LiveCounts::Find(path)->lane(worker));
    } catch (const std::out_of_range&) {
      ++errors;
    }
  }
  CHECK(errors == 2);
}

void AReaderSeesWhatIsAddedAndEndsWithItsOwner() {
  const std::string path = NewPath();
  const CounterPage page = CounterPage::Create(path, {1, 0, 0, {}});
  std::atomic<std::uint64_t> seen = 0;
  std::atomic<bool> is_gone = false;
  std::atomic<int> late = 0;
  {
    const PageReader reader(CounterPage::Attach(path), std::chrono::milliseconds(1),
                            [&](const Reading& reading) {
                              seen = reading.counts[kRowsDone];
                              late += is_gone ? 1 : 0;
                            });
    AddTo(path, 0, {42, 0, 0, 0});
    while (seen != 42) {
      std::this_thread::yield();
    }
  }
  is_gone = true;
  AddTo(path, 0, {1, 0, 0, 0});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(late == 0 && seen == 42);
}

void AReaderOfADamagedPageSaysSoOnce() {
  const std::string path = NewPath();
  CounterPage::Create(path, {1, 0, 0, {}});
  std::atomic<int> errors = 0;
  std::atomic<int> after = 0;
  const PageReader reader(CounterPage::Attach(path), std::chrono::milliseconds(1),
                          [&](const Reading& reading) { reading.error.empty() ? after += errors : ++errors; });
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
  AnotherProcessSeesWhatIsAddedWhileItIsAdded();
  APageThatIsMadeAgainIsSeenByWhoReadsIt();
  ANoteIsReadBesideTheCounts();
  WhoCountsOnOutlivesACutFileAndMendsIt();
  APageIsPrivateToItsUser();
  WhatIsNoPageIsRefusedAndLeftAsItIs();
  APageThatIsNotReadyIsToldFromOneThatIsMissing();
  ACutFileIsAnErrorAndNoSignal();
  ARecordThatDoesNotAddUpIsRefused();
  APageOfOtherCountsIsRefused();
  AWorkerThatIsNotThereIsAnError();
  AReaderSeesWhatIsAddedAndEndsWithItsOwner();
  AReaderOfADamagedPageSaysSoOnce();
  std::filesystem::remove_all(folder);
  std::printf("%s\n", failures == 0 ? "all passed" : "failed");
  return failures == 0 ? 0 : 1;
}
