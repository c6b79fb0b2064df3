// The limiter against a trivial reference, over random sequences of everything that can happen.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "service/admission/pace.hpp"
#include "tests/service/admission/recording_waiter.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;

Settings drawn_settings() {
  Settings settings{.queue_size = 6, .queue_bytes = 500, .queue_timeout = 50ms};
  settings.discipline = *rc::gen::element(Discipline::fifo, Discipline::lifo, Discipline::adaptive);
  settings.standing_after = 30ms;
  if (*rc::gen::arbitrary<bool>()) settings.codel_target = 20ms;
  return settings;
}

// What the limiter must do, said as plainly as it can be.
struct Model {
  struct Waiting {
    int id;
    TimePoint since, deadline;
    std::size_t bytes;
  };
  explicit Model(const Settings& given) : settings(given) {}

  const Settings settings;
  TimePoint now{1h}, not_empty_since{};
  int limit = 4;
  bool enforces = true;
  std::map<int, TimePoint> holders;  // since when
  Pace pace;
  std::vector<Waiting> queue;  // by arrival
  std::map<int, ShedReason> shed;
  double in_flight_seconds = 0, queued_seconds = 0, at_limit_seconds = 0;

  bool has_room() const { return !enforces || static_cast<int>(holders.size()) < limit; }
  bool is_standing() const {
    return !queue.empty() && now - not_empty_since >= settings.standing_after;
  }

  void pass(Duration elapsed) {
    const double s = tuner::seconds(elapsed);
    in_flight_seconds += s * static_cast<double>(holders.size());
    queued_seconds += s * static_cast<double>(queue.size());
    if (static_cast<int>(holders.size()) >= limit || !queue.empty()) at_limit_seconds += s;
    now += elapsed;
  }

  bool is_late(TimePoint deadline) const {
    return enforces && deadline != TimePoint::max() && now + pace.least_time(now) >= deadline;
  }

  void shed_overdue() {
    for (std::size_t i = 0; i < queue.size();) {
      const Waiting waiting = queue[i];
      const Duration age = now - waiting.since;
      const bool too_old = age >= settings.queue_timeout;
      const bool cut = settings.codel_target && age > *settings.codel_target && is_standing();
      const bool late = is_late(waiting.deadline);
      if (!too_old && !cut && !late) {
        ++i;
        continue;
      }
      shed[waiting.id] = too_old ? ShedReason::queue_timeout
                         : cut   ? ShedReason::codel
                                 : ShedReason::deadline;
      queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
      i = 0;  // whether it stands may have changed
    }
  }

  void settle() {
    if (!queue.empty() && has_room() && enforces) shed_overdue();
    while (!queue.empty() && has_room()) {
      const bool newest = settings.discipline == Discipline::lifo ||
                          (settings.discipline == Discipline::adaptive && is_standing());
      const auto next = newest ? queue.end() - 1 : queue.begin();
      holders[next->id] = now;
      queue.erase(next);
    }
  }

  Limiter::Answer arrive(int id, const Demand& demand, ShedReason& reason) {
    const bool late = is_late(demand.deadline);
    if (!late && queue.empty() && has_room()) {
      holders[id] = now;
      return Limiter::Answer::granted;
    }
    reason = ShedReason::deadline;
    if (late) return Limiter::Answer::refused;
    shed_overdue();
    std::size_t bytes = demand.bytes;
    for (const auto& waiting : queue) bytes += waiting.bytes;
    reason = ShedReason::queue_full;
    if (queue.size() >= settings.queue_size || bytes > settings.queue_bytes)
      return Limiter::Answer::refused;
    if (queue.empty()) not_empty_since = now;
    queue.push_back({id, now, demand.deadline, demand.bytes});
    return Limiter::Answer::queued;
  }
};

class Comparison {
 public:
  explicit Comparison(const Settings& settings)
      : model_(settings), limiter_(settings, 4, model_.now) {}

  void step() {
    model_.pass(std::chrono::milliseconds(*rc::gen::inRange(0, 15)));
    switch (*rc::gen::inRange(0, 10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        arrive();
        break;
      case 4:
      case 5:
      case 6:
        leave();
        break;
      case 7:
        give_up();
        break;
      case 8:
        expire();
        break;
      case 9:
        *rc::gen::inRange(0, 4) == 0 ? switch_mode() : resize();
        break;
    }
    compare();
  }

  void finish() {
    for (auto& waiter : waiters_) {
      limiter_.cancel(*waiter, model_.now);
      waiter->permit.release(model_.now);
    }
    while (limiter_.in_flight() > 0) {
      for (auto& waiter : waiters_) waiter->permit.release(model_.now);
    }
    RC_ASSERT(limiter_.queued() == 0);
  }

 private:
  void arrive() {
    const int id = static_cast<int>(waiters_.size());
    Demand demand{.bytes = static_cast<std::uint32_t>(*rc::gen::inRange(0, 200))};
    if (*rc::gen::arbitrary<bool>()) {
      demand.deadline = model_.now + std::chrono::milliseconds(*rc::gen::inRange(0, 60));
    }
    waiters_.push_back(std::make_unique<RecordingWaiter>());
    auto acquired = limiter_.acquire(*waiters_.back(), model_.now, demand);
    ShedReason reason{};
    RC_ASSERT(model_.arrive(id, demand, reason) == acquired.answer);
    if (acquired.answer == Limiter::Answer::refused) RC_ASSERT(acquired.reason == reason);
    waiters_.back()->permit = std::move(acquired.permit);
  }

  void leave() {
    if (model_.holders.empty()) return;
    const auto holder = *rc::gen::elementOf(model_.holders);
    const int id = holder.first;
    model_.holders.erase(id);
    model_.pace.released(model_.now - holder.second, model_.now);
    model_.settle();
    waiters_[static_cast<std::size_t>(id)]->permit.release(model_.now);
  }

  void give_up() {
    if (waiters_.empty()) return;
    const int id = *rc::gen::inRange(0, static_cast<int>(waiters_.size()));
    const auto before = model_.queue.size();
    std::erase_if(model_.queue, [&](const Model::Waiting& w) { return w.id == id; });
    RC_ASSERT(limiter_.cancel(*waiters_[static_cast<std::size_t>(id)], model_.now) ==
              (model_.queue.size() < before));
  }

  void expire() {
    limiter_.expire(model_.now);
    model_.shed_overdue();
  }

  void resize() {
    model_.limit = *rc::gen::inRange(1, 9);
    model_.settle();
    limiter_.set_limit(model_.limit, model_.now);
  }

  void switch_mode() {
    model_.enforces = *rc::gen::arbitrary<bool>();
    model_.settle();
    limiter_.set_mode(model_.enforces ? Mode::enforce : Mode::shadow, model_.now);
  }

  void compare() {
    for (std::size_t i = 0; i < waiters_.size(); ++i) {
      const int id = static_cast<int>(i);
      RC_ASSERT(static_cast<bool>(waiters_[i]->permit) == (model_.holders.count(id) == 1));
      const auto shed = model_.shed.find(id);
      RC_ASSERT(waiters_[i]->reason.has_value() == (shed != model_.shed.end()));
      if (waiters_[i]->reason) RC_ASSERT(*waiters_[i]->reason == shed->second);
    }
    const auto reading = limiter_.read(model_.now);
    RC_ASSERT(reading.in_flight == static_cast<int>(model_.holders.size()));
    RC_ASSERT(reading.queued == static_cast<int>(model_.queue.size()));
    RC_ASSERT(near(reading.in_flight_seconds, model_.in_flight_seconds));
    RC_ASSERT(near(reading.queued_seconds, model_.queued_seconds));
    RC_ASSERT(near(tuner::seconds(reading.at_limit), model_.at_limit_seconds));
  }

  static bool near(double a, double b) { return std::abs(a - b) < 1e-6; }

  Model model_;
  Limiter limiter_;
  std::vector<std::unique_ptr<RecordingWaiter>> waiters_;
};

TEST(Limiter, does_what_the_reference_does_in_any_sequence) {
  const bool holds = rc::check("limiter and reference agree", [] {
    Comparison run(drawn_settings());
    const int steps = *rc::gen::inRange(0, 200);
    for (int i = 0; i < steps; ++i) run.step();
    run.finish();
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace sweetspot::admission
