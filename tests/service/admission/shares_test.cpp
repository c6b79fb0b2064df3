// Classes, their shares at small limits, and groups.
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "service/admission/limiter_core.hpp"
#include "service/admission/partition.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;

class Client final : public Waiter {
 public:
  void granted(Permit) override {}
  void shed(ShedReason) override {}
};

// Classes of which each always has somebody waiting, but for those that are idle.
struct Backlog {
  Settings settings;
  int limit;
  std::vector<Duration> takes;  // what a permit of each class takes
  TimePoint now{1h};
  LimiterCore core{settings, limit, now};
  std::deque<Client> waiters{};
  struct Running {
    TimePoint until;
    Grant grant;
  };
  std::vector<Running> running{};
  std::vector<int> grants = std::vector<int>(settings.classes.size());
  std::vector<Duration> used = std::vector<Duration>(settings.classes.size());

  void arrive(ClassId cls) {
    auto& waiter = waiters.emplace_back();
    const auto decision = core.acquire(waiter, now, {.cls = cls});
    if (decision.answer == Limiter::Answer::granted) begin(decision.grant);
  }
  void begin(const Grant& grant) { running.push_back({now + takes[grant.cls], grant}); }

  void run(int count, const std::vector<ClassId>& backlogged) {
    for (int i = 0; i < limit; ++i) arrive(backlogged.front());
    for (const ClassId cls : backlogged) arrive(cls), arrive(cls), arrive(cls);
    for (int i = 0; i < count; ++i) {
      const auto first = std::min_element(running.begin(), running.end(),
                                          [](auto& a, auto& b) { return a.until < b.until; });
      const Running done = *first;
      running.erase(first);
      now = std::max(now, done.until);
      Waiter* next = core.release(false, now, done.grant);
      ASSERT_NE(next, nullptr);
      const Grant grant = core.grant_of(*next);
      begin(grant);
      ++grants[grant.cls];
      used[grant.cls] += takes[grant.cls];
      arrive(grant.cls);
      ASSERT_LE(core.in_flight(), limit);
    }
  }
};

Settings classes(std::vector<double> shares, std::vector<int> priorities = {}) {
  Settings settings;
  settings.queue_timeout = 24h;
  settings.classes.clear();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    settings.classes.push_back({.name = std::string(1, static_cast<char>('a' + i)),
                                .priority = priorities.empty() ? 0 : priorities[i],
                                .share = shares[i]});
  }
  return settings;
}

TEST(Shares, hold_at_limits_of_one_to_three_within_a_tenth_over_a_thousand_grants) {
  for (const int limit : {1, 2, 3}) {
    for (const auto& priorities : {std::vector{0, 0, 0}, std::vector{0, 5, 9}}) {
      Backlog backlog{classes({6, 3, 1}, priorities), limit, {10ms, 10ms, 10ms}};
      backlog.run(1000, {0, 1, 2});
      EXPECT_NEAR(backlog.grants[0], 600, 60) << limit;
      EXPECT_NEAR(backlog.grants[1], 300, 30) << limit;
      EXPECT_NEAR(backlog.grants[2], 100, 10) << limit;
    }
  }
}

TEST(Shares, are_others_from_when_others_are_given) {
  Backlog backlog{classes({9, 1}), 2, {10ms, 10ms}};
  backlog.run(1000, {0, 1});
  backlog.core.reconfigure(classes({1, 3}), backlog.now);
  backlog.grants = {0, 0};
  backlog.run(1000, {0, 1});
  EXPECT_NEAR(backlog.grants[0], 250, 25);
  EXPECT_NEAR(backlog.grants[1], 750, 75);
}

TEST(Shares, are_of_permit_time_where_requests_differ_in_cost) {
  Backlog backlog{classes({1, 1}), 3, {5ms, 50ms}};
  backlog.run(2000, {0, 1});
  EXPECT_NEAR(tuner::seconds(backlog.used[0]) / tuner::seconds(backlog.used[1]), 1, 0.1);
}

TEST(Shares, leave_nothing_idle_where_one_class_alone_waits) {
  Backlog backlog{classes({9, 1}), 2, {10ms, 10ms}};
  backlog.run(500, {1});
  EXPECT_THAT(backlog.grants, ElementsAre(0, 500));
}

TEST(Shares, hold_for_any_weights_and_costs) {
  const bool holds = rc::check("permit-time is shared by weight", [] {
    const int n = *rc::gen::inRange(2, 5);
    std::vector<double> shares;
    std::vector<Duration> takes;
    std::vector<ClassId> all;
    for (int i = 0; i < n; ++i) {
      shares.push_back(*rc::gen::inRange(1, 6));
      takes.push_back(std::chrono::milliseconds(*rc::gen::inRange(1, 20)));
      all.push_back(static_cast<ClassId>(i));
    }
    Backlog backlog{classes(shares), *rc::gen::inRange(1, 4), takes};
    backlog.run(4000, all);
    const double shared = std::accumulate(shares.begin(), shares.end(), 0.0);
    double used = 0;
    for (const Duration each : backlog.used) used += tuner::seconds(each);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      RC_ASSERT(std::abs(tuner::seconds(backlog.used[i]) / used - shares[i] / shared) <
                0.1 * shares[i] / shared);
    }
  });
  EXPECT_TRUE(holds);
}

TEST(Shares, put_the_higher_priority_first_within_a_round) {
  LimiterCore core(classes({1, 1}, {0, 1}), 1, TimePoint(1h));
  Client holder, low, high;
  const Grant held = core.acquire(holder, TimePoint(1h)).grant;
  core.acquire(low, TimePoint(1h), {.cls = 0});
  core.acquire(high, TimePoint(1h), {.cls = 1});
  EXPECT_EQ(core.release(false, TimePoint(1h), held), &high);
}

TEST(Shares, push_out_who_holds_more_of_a_full_queue_than_its_part) {
  Settings settings = classes({1, 1});
  settings.queue_size = 4;
  LimiterCore core(settings, 1, TimePoint(1h));
  Client clients[7];
  for (int i = 0; i < 5; ++i) core.acquire(clients[i], TimePoint(1h), {.cls = 0});

  EXPECT_EQ(core.acquire(clients[5], TimePoint(1h), {.cls = 0}).answer, Limiter::Answer::refused);
  EXPECT_EQ(core.acquire(clients[6], TimePoint(1h), {.cls = 1}).answer, Limiter::Answer::queued);
  EXPECT_EQ(core.next_shed(), &clients[4]);
}

TEST(Shares, keep_a_part_of_the_queue_for_the_lower_priority) {
  Settings settings = classes({3, 1}, {9, 0});
  settings.queue_size = 4;
  LimiterCore core(settings, 1, TimePoint(1h));
  Client clients[8];
  for (int i = 0; i < 5; ++i) core.acquire(clients[i], TimePoint(1h), {.cls = 0});
  EXPECT_EQ(core.acquire(clients[5], TimePoint(1h), {.cls = 1}).answer, Limiter::Answer::queued);
  EXPECT_EQ(core.acquire(clients[6], TimePoint(1h), {.cls = 0}).answer, Limiter::Answer::refused);
}

Settings two_groups() {
  Settings settings = classes({1, 1});
  settings.groups = {{"fast", 3}, {"slow", 1}};
  settings.classes[1].group = 1;
  return settings;
}

TEST(Groups, have_a_part_of_the_limit_each) {
  LimiterCore core(two_groups(), 8, TimePoint(1h));
  Client clients[10];
  int granted[2]{};
  for (int i = 0; i < 10; ++i) {
    const auto cls = static_cast<ClassId>(i % 2);
    if (core.acquire(clients[i], TimePoint(1h), {.cls = cls}).answer == Limiter::Answer::granted)
      ++granted[cls];
  }
  EXPECT_THAT(granted, ElementsAre(5, 2));
  EXPECT_EQ(core.queued(), 3);
}

TEST(Groups, grow_with_the_total_and_are_granted_at_once) {
  LimiterCore core(two_groups(), 4, TimePoint(1h));
  Client clients[4];
  for (auto& client : clients) core.acquire(client, TimePoint(1h), {.cls = 1});
  EXPECT_EQ(core.in_flight(), 1);
  while (!core.set_limit(8, TimePoint(1h))) {
  }
  EXPECT_EQ(core.grant_next(TimePoint(1h)), &clients[1]);
  EXPECT_EQ(core.grant_next(TimePoint(1h)), nullptr);
}

std::vector<Group> some_groups() {
  std::vector<Group> groups;
  const int n = *rc::gen::inRange(1, 6);
  for (int i = 0; i < n; ++i) groups.push_back({"g", static_cast<double>(*rc::gen::inRange(1, 9))});
  return groups;
}

TEST(Groups, change_one_at_a_time_and_never_have_more_than_the_total) {
  const bool holds = rc::check("one part a step, their sum within the old and the new total", [] {
    Settings settings;
    settings.groups = some_groups();
    const int n = static_cast<int>(settings.groups.size());
    const int start = *rc::gen::inRange(1, 60);
    LimiterCore core(settings, start, TimePoint(1h));
    for (const int total : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 60))) {
      const int most = std::max({n, total, core.limit()});
      bool is_reached = false;
      // Sometimes another total is asked for before this one was reached.
      for (int left = *rc::gen::inRange(1, n + 1); left > 0 && !is_reached; --left) {
        const auto before = core.read(TimePoint(1h));
        is_reached = core.set_limit(total, TimePoint(1h));
        const auto after = core.read(TimePoint(1h));
        int changed = 0, sum = 0;
        for (std::size_t i = 0; i < settings.groups.size(); ++i) {
          changed += before.parts[i] != after.parts[i];
          sum += after.parts[i];
        }
        RC_ASSERT(changed <= 1);
        RC_ASSERT(sum <= most);
        RC_ASSERT(core.limit() == (is_reached ? total : sum));
        RC_ASSERT(after.epoch > before.epoch || (changed == 0 && before.limit == after.limit));
      }
    }
    // As many steps as there are groups are enough, wherever it was.
    bool is_reached = false;
    for (int i = 0; i < n; ++i) is_reached = core.set_limit(start, TimePoint(1h));
    RC_ASSERT(is_reached);
    const auto parts = core.read(TimePoint(1h)).parts;
    const auto due = partition(settings.groups, start);
    RC_ASSERT(std::equal(due.begin(), due.end(), parts.begin()));
  });
  EXPECT_TRUE(holds);
}

TEST(Groups, make_a_total_that_binds_where_one_of_them_is_full) {
  LimiterCore core(two_groups(), 8, TimePoint(1h));
  Client clients[3];
  for (auto& client : clients) core.acquire(client, TimePoint(1h), {.cls = 1});
  EXPECT_EQ(core.read(TimePoint(1h) + 1s).at_limit, 1s);
}

TEST(Partition, gives_parts_that_make_the_total) {
  const bool holds = rc::check("parts sum to the total", [] {
    const auto groups = some_groups();
    const int total = *rc::gen::inRange(1, 200);
    const auto parts = partition(groups, total);
    RC_ASSERT(std::accumulate(parts.begin(), parts.end(), 0) ==
              std::max(static_cast<int>(groups.size()), total));
    RC_ASSERT(*std::min_element(parts.begin(), parts.end()) >= 1);
  });
  EXPECT_TRUE(holds);
  EXPECT_THAT(partition({{"a", 3}, {"b", 1}}, 16), ElementsAre(12, 4));
}

}  // namespace
}  // namespace sweetspot::admission
