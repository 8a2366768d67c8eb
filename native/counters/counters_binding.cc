#include "counters_binding.h"

#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "counter_page.h"
#include "delivery.h"
#include "napi_line.h"
#include "page_error.h"

namespace rowmill::counters {
namespace {

using Napi::CallbackInfo;

// The `code` of a JavaScript error for a page that can't be used.
const char* CodeOf(PageFault fault) {
  switch (fault) {
    case PageFault::kMissing:
      return "MISSING";
    case PageFault::kUnfinished:
      return "UNFINISHED";
    case PageFault::kForeign:
      return "FOREIGN";
    case PageFault::kSystem:
      break;
  }
  return "SYSTEM";
}

template <typename Work>
auto Guard(Napi::Env env, Work work) -> decltype(work()) {
  return GuardLine<PageError>(env, [](const PageError& error) { return CodeOf(error.fault()); }, work);
}

// 0 for whatever is no number of at least 0: validation is JavaScript's, but nothing given may do harm here.
std::uint64_t CountOf(const Napi::Value& value) {
  constexpr double kLargestExact = 9007199254740991.0;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  return number > 0 && number <= kLargestExact ? static_cast<std::uint64_t>(number) : 0;
}

std::string TextOf(const CallbackInfo& info, std::size_t place) {
  if (!info[place].IsString()) {
    throw Napi::TypeError::New(info.Env(), "expected a text");
  }
  return info[place].As<Napi::String>().Utf8Value();
}

Counts CountsOf(const CallbackInfo& info, std::size_t place) {
  Counts counts{};
  for (std::uint64_t& count : counts) {
    count = CountOf(info[place++]);
  }
  return counts;
}

Napi::Value ToArray(Napi::Env env, const Counts& counts) {
  Napi::Array array = Napi::Array::New(env, kCounts);
  for (std::uint32_t count = 0; count < kCounts; ++count) {
    array.Set(count, static_cast<double>(counts[count]));
  }
  return array;
}

// new CounterPage(path) attaches; new CounterPage(path, workers, rowsTotal, startedAtMs, ...base) makes.
class PageObject : public Napi::ObjectWrap<PageObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(
        env, "CounterPage",
        {InstanceMethod<&PageObject::Read>("read"), InstanceMethod<&PageObject::Close>("close"),
         InstanceMethod<&PageObject::Note>("note"), InstanceMethod<&PageObject::SetNote>("setNote"),
         InstanceAccessor<&PageObject::Workers>("workers"),
         InstanceAccessor<&PageObject::RowsTotal>("rowsTotal")});
  }

  explicit PageObject(const CallbackInfo& info) : ObjectWrap(info) {
    const std::string path = TextOf(info, 0);
    Guard(info.Env(), [&] {
      if (info.Length() == 1) {
        page_ = CounterPage::Attach(path);
      } else {
        const double workers = static_cast<double>(CountOf(info[1]));
        const PageShape shape = {.workers = static_cast<std::uint32_t>(std::fmin(workers, kMaxWorkers + 1)),
                                 .rows_total = CountOf(info[2]),
                                 .started_at_ms = CountOf(info[3]),
                                 .base = CountsOf(info, 4)};
        page_ = CounterPage::Create(path, shape);
      }
    });
  }

 private:
  CounterPage& OpenPage() {
    if (!page_) {
      throw Napi::Error::New(Env(), "the counters page is closed");
    }
    return *page_;
  }
  Napi::Value Read(const CallbackInfo& info) {
    return Guard(info.Env(), [&] { return ToArray(info.Env(), OpenPage().Read()); });
  }
  Napi::Value Workers(const CallbackInfo& info) {
    return Guard(info.Env(), [&] { return Napi::Number::New(info.Env(), OpenPage().Shape().workers); });
  }
  Napi::Value RowsTotal(const CallbackInfo& info) {
    return Guard(info.Env(), [&] {
      return Napi::Number::New(info.Env(), static_cast<double>(OpenPage().Shape().rows_total));
    });
  }
  Napi::Value Note(const CallbackInfo& info) {
    return Guard(info.Env(), [&] { return Napi::String::New(info.Env(), OpenPage().Note()); });
  }
  void SetNote(const CallbackInfo& info) {
    const std::string note = TextOf(info, 0);
    Guard(info.Env(), [&] { OpenPage().SetNote(note); });
  }
  void Close(const CallbackInfo& /*info*/) { page_.reset(); }

  std::optional<CounterPage> page_;
};

// new CounterLane(path, worker), in any thread of the process that has made the page. Stays valid whatever becomes of the
// page's object.
class LaneObject : public Napi::ObjectWrap<LaneObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "CounterLane", {InstanceMethod<&LaneObject::Add>("add")});
  }

  explicit LaneObject(const CallbackInfo& info) : ObjectWrap(info) {
    const std::string path = TextOf(info, 0);
    Guard(info.Env(), [&] {
      live_ = LiveCounts::Find(path);
      if (!live_) {
        throw PageError(PageFault::kMissing, path + " is counted by no job of this process");
      }
      counts_ = &live_->lane(static_cast<std::uint32_t>(CountOf(info[1])));
    });
  }

 private:
  // add(place of the count in countNames, how many)
  void Add(const CallbackInfo& info) {
    const std::uint64_t place = CountOf(info[0]);
    if (place >= kCounts) {
      throw Napi::RangeError::New(info.Env(), "there is no such count");
    }
    counts_->counters[place].fetch_add(CountOf(info[1]), std::memory_order_relaxed);
  }

  std::shared_ptr<LiveCounts> live_;
  CounterSet* counts_ = nullptr;
};

// new CounterWatch(path, intervalMs, listener(error, ...counts)).
class WatchObject : public Napi::ObjectWrap<WatchObject> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "CounterWatch", {InstanceMethod<&WatchObject::Close>("close")});
  }

  explicit WatchObject(const CallbackInfo& info) : ObjectWrap(info) {
    const std::string path = TextOf(info, 0);
    if (!info[2].IsFunction()) {
      throw Napi::TypeError::New(info.Env(), "expected a listener");
    }
    constexpr double kLongestMs = 3'600'000;
    const double interval = std::fmin(std::fmax(static_cast<double>(CountOf(info[1])), 1), kLongestMs);
    Guard(info.Env(), [&] {
      delivery_ = Delivery::Start(info.Env(), info[2].As<Napi::Function>(),
                                  CounterPage::Attach(path),
                                  std::chrono::milliseconds(static_cast<std::int64_t>(interval)));
    });
    // Like a JavaScript timer, a watch that nobody holds goes on until it is closed.
    Ref();
  }
  ~WatchObject() override {
    if (delivery_) {
      delivery_->Close();
    }
  }
  WatchObject(const WatchObject&) = delete;
  WatchObject& operator=(const WatchObject&) = delete;
  WatchObject(WatchObject&&) = delete;
  WatchObject& operator=(WatchObject&&) = delete;

 private:
  void Close(const CallbackInfo& /*info*/) {
    if (!is_closed_) {
      is_closed_ = true;
      delivery_->Close();
      Unref();
    }
  }

  bool is_closed_ = false;
  std::shared_ptr<Delivery> delivery_;
};

}  // namespace

void RegisterCounters(Napi::Env env, Napi::Object exports) {
  Napi::Array names = Napi::Array::New(env, kCounts);
  for (std::uint32_t count = 0; count < kCounts; ++count) {
    names.Set(count, kCountNames[count]);
  }
  exports.Set("countNames", names);
  exports.Set("CounterPage", PageObject::Define(env));
  exports.Set("CounterLane", LaneObject::Define(env));
  exports.Set("CounterWatch", WatchObject::Define(env));
}

}  // namespace rowmill::counters
