#include "service/control/api/watch_hub.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sweetspot::control {
namespace {

using Clock = std::chrono::steady_clock;

// Ended streams are looked after this often.
constexpr tuner::Duration care_interval = std::chrono::seconds(5);

// The next multiple of the interval, so that watchers of one rate are served together.
tuner::TimePoint next_due(tuner::TimePoint now, tuner::Duration interval) {
  const auto since_epoch = now.time_since_epoch();
  return tuner::TimePoint((since_epoch / interval + 1) * interval);
}

}  // namespace

WatchHub::WatchHub(boost::asio::io_context& loop, MakeStatus make_status)
    : timer_(loop), make_status_(std::move(make_status)) {}

void WatchHub::add(std::shared_ptr<Watcher> watcher, std::deque<Watcher::Event> missed) {
  const tuner::TimePoint now = Clock::now();
  if (ended_) return watcher->end(*ended_, now);
  if (watchers_.size() >= most_watchers)
    return watcher->end({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many watchers"}, now);
  watcher->preload(std::move(missed));
  watcher->push(make_status_event(), now);
  const auto interval = watcher->interval();
  watcher->due = next_due(now, interval > tuner::Duration::zero() ? interval : care_interval);
  watchers_.push_back(std::move(watcher));
  schedule();
}

void WatchHub::remove(const Watcher* watcher) {
  std::erase_if(watchers_, [=](const auto& other) { return other.get() == watcher; });
  if (watchers_.empty()) timer_.cancel();
}

void WatchHub::publish(const v1::Verdict& verdict) {
  if (watchers_.empty()) return;
  auto event = std::make_shared<v1::WatchEvent>();
  *event->mutable_verdict() = verdict;
  const tuner::TimePoint now = Clock::now();
  for (const auto& watcher : watchers_) watcher->push(event, now);
}

void WatchHub::end_all(const grpc::Status& status) {
  ended_ = status;
  timer_.cancel();
  if (watchers_.empty()) return;
  const auto last = make_status_event();
  const tuner::TimePoint now = Clock::now();
  for (const auto& watcher : watchers_) {
    watcher->push(last, now);
    watcher->end(status, now);
  }
}

Watcher::Event WatchHub::make_status_event() const {
  auto event = std::make_shared<v1::WatchEvent>();
  *event->mutable_status() = make_status_();
  return event;
}

void WatchHub::send_due() {
  const tuner::TimePoint now = Clock::now();
  Watcher::Event status;
  for (const auto& watcher : watchers_) {
    if (watcher->due > now) continue;
    watcher->give_up(now);
    const bool wants_status = watcher->interval() > tuner::Duration::zero();
    if (wants_status) {
      if (!status) status = make_status_event();
      watcher->push(status, now);
    }
    watcher->due = next_due(now, wants_status ? watcher->interval() : care_interval);
  }
  schedule();
}

void WatchHub::schedule() {
  if (watchers_.empty() || ended_) return;
  const auto earliest =
      std::min_element(watchers_.begin(), watchers_.end(),
                       [](const auto& one, const auto& other) { return one->due < other->due; });
  timer_.expires_at((*earliest)->due);
  timer_.async_wait([hub = weak_from_this()](boost::system::error_code error) {
    const auto self = hub.lock();
    if (!error && self) self->send_due();
  });
}

}  // namespace sweetspot::control
