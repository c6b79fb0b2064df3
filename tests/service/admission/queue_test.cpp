// Disciplines, CoDel, deadlines, bytes, tenants and the cost at 100,000 waiters.
#include <gmock/gmock.h>

#include <memory>
#include <numeric>
#include <vector>

#include "service/admission/limiter_core.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;
using Answer = Limiter::Answer;
using testing::ElementsAre;

class Numbered final : public Waiter {
 public:
  explicit Numbered(int n) : number(n) {}
  void granted(Permit) override {}
  void shed(ShedReason) override {}
  const int number;
};

// A core whose only permit is taken, and waiters who come one millisecond after another.
struct AQueue : testing::Test {
  TimePoint now{1h};
  std::unique_ptr<LimiterCore> core;
  std::vector<std::unique_ptr<Numbered>> waiters;
  Grant held;

  void with(Settings settings) {
    core = std::make_unique<LimiterCore>(std::move(settings), 1, now);
    Numbered first(-1);
    held = core->acquire(first, now).grant;
  }
  LimiterCore::Decision arrive(const Demand& demand = {}) {
    now += 1ms;
    waiters.push_back(std::make_unique<Numbered>(static_cast<int>(waiters.size())));
    return core->acquire(*waiters.back(), now, demand);
  }
  void arrivals(int count) {
    for (int i = 0; i < count; ++i) ASSERT_EQ(arrive().answer, Answer::queued);
  }
  static int number(const Waiter* waiter) {
    return waiter == nullptr ? -1 : static_cast<const Numbered*>(waiter)->number;
  }
  // Who is granted when the permit comes back; -1: nobody.
  int hand_over() {
    Waiter* next = core->release(false, now, held);
    if (next != nullptr) held = core->grant_of(*next);
    return number(next);
  }
  std::vector<int> shed() {
    std::vector<int> numbers;
    while (Waiter* waiter = core->shed_expired(now)) numbers.push_back(number(waiter));
    return numbers;
  }
};

TEST_F(AQueue, serves_who_came_first_where_it_is_fifo) {
  with({});
  arrivals(3);
  EXPECT_EQ(hand_over(), 0);
  EXPECT_EQ(hand_over(), 1);
}

TEST_F(AQueue, serves_who_came_last_where_it_is_lifo) {
  with({.discipline = Discipline::lifo});
  arrivals(3);
  EXPECT_EQ(hand_over(), 2);
  EXPECT_EQ(hand_over(), 1);
}

struct TwoTimeouts : AQueue {
  static constexpr ClassId patient = 0, hasty = 1;
  void SetUp() override {
    with({.queue_size = 4,
          .queue_timeout = 1s,
          .classes = {{.name = "default"}, {.name = "hasty", .queue_timeout = 100ms}}});
    arrive({.cls = patient});
    arrive({.cls = hasty});
  }
};

TEST_F(TwoTimeouts, shed_each_class_after_its_own) {
  now += 100ms;
  EXPECT_THAT(shed(), ElementsAre(1));
  EXPECT_EQ(waiters[1]->shed_reason(), ShedReason::queue_timeout);
  now += 900ms;
  EXPECT_THAT(shed(), ElementsAre(0));
}

TEST_F(TwoTimeouts, fill_the_queue_by_who_is_nearest_to_its_own) {
  EXPECT_DOUBLE_EQ(core->read(now).queue_fill, 0.5);
  EXPECT_DOUBLE_EQ(core->read(now + 90ms).queue_fill, 0.9);
}

TEST_F(TwoTimeouts, make_room_for_a_newcomer_where_one_of_them_is_over) {
  arrive({.cls = patient});
  arrive({.cls = patient});
  ShedReason reason{};
  EXPECT_TRUE(core->would_refuse({.cls = patient}, reason, now));
  EXPECT_FALSE(core->would_refuse({.cls = patient}, reason, now + 100ms));
  now += 100ms;
  EXPECT_EQ(arrive({.cls = patient}).answer, Answer::queued);
}

TEST_F(TwoTimeouts, never_exceed_that_of_all) {
  core->reconfigure({.queue_size = 4,
                     .queue_timeout = 50ms,
                     .classes = {{.name = "default"}, {.name = "hasty", .queue_timeout = 100ms}}},
                    now);
  now += 50ms;
  EXPECT_THAT(shed(), ElementsAre(0, 1));
}

TEST_F(AQueue, turns_lifo_once_it_has_stood_and_fifo_again_once_it_was_empty) {
  with({.discipline = Discipline::adaptive, .standing_after = 100ms});
  arrivals(4);
  EXPECT_EQ(hand_over(), 0);
  now += 100ms;
  EXPECT_EQ(hand_over(), 3);
  EXPECT_EQ(hand_over(), 2);  // still, although it is short by now
  EXPECT_EQ(hand_over(), 1);
  arrivals(2);
  EXPECT_EQ(hand_over(), 4);
}

TEST_F(AQueue, lets_a_burst_pass_and_cuts_what_stands) {
  with({.codel_target = 20ms, .standing_after = 100ms});
  arrivals(3);
  now += 90ms;
  EXPECT_THAT(shed(), ElementsAre());
  now += 10ms;
  EXPECT_THAT(shed(), ElementsAre(0, 1, 2));
  EXPECT_EQ(waiters[0]->shed_reason(), ShedReason::codel);
}

TEST_F(AQueue, cuts_only_who_waited_past_the_target) {
  with({.codel_target = 20ms, .standing_after = 100ms});
  arrivals(1);
  now += 100ms;
  arrivals(1);
  EXPECT_THAT(shed(), ElementsAre(0));
  EXPECT_EQ(core->queued(), 1);
}

TEST_F(AQueue, cuts_and_turns_no_burst_of_a_class_for_the_standing_queue_of_another) {
  Settings settings{
      .discipline = Discipline::adaptive, .codel_target = 20ms, .standing_after = 100ms};
  settings.classes = {{.name = "default"}, {.name = "urgent", .priority = 1, .share = 9}};
  with(settings);
  arrivals(3);
  now += 100ms;
  ASSERT_EQ(arrive({.cls = 1}).answer, Answer::queued);
  ASSERT_EQ(arrive({.cls = 1}).answer, Answer::queued);
  EXPECT_THAT(shed(), ElementsAre(0, 1, 2));
  now += 50ms;
  EXPECT_THAT(shed(), ElementsAre());
  EXPECT_EQ(hand_over(), 3);  // who came first
  now += 100ms;
  EXPECT_THAT(shed(), ElementsAre(4));
}

TEST_F(AQueue, sheds_a_deadline_when_it_cannot_be_met_any_more) {
  with({});
  now += 10ms;
  arrive({.deadline = now + 50ms});
  EXPECT_EQ(hand_over(), 0);  // and learns that a permit takes ten
  const TimePoint late = now + 31ms, early = now + 16ms;
  arrive({.deadline = late});
  arrive({.deadline = early});
  arrive();
  now += 5ms;
  EXPECT_THAT(shed(), ElementsAre(2));
  EXPECT_EQ(waiters[2]->shed_reason(), ShedReason::deadline);
  EXPECT_EQ(hand_over(), 1);
}

TEST_F(AQueue, refuses_a_deadline_that_was_past_before_it_came) {
  with({});
  hand_over();
  const auto decision = arrive({.deadline = now});
  EXPECT_EQ(decision.answer, Answer::refused);
  EXPECT_EQ(decision.reason, ShedReason::deadline);
}

TEST_F(AQueue, grants_no_permit_to_who_waited_too_long_already) {
  with({.queue_timeout = 100ms});
  arrivals(2);
  now += 99ms;
  EXPECT_EQ(hand_over(), 1);
  EXPECT_EQ(number(core->next_shed()), 0);
  EXPECT_EQ(waiters[0]->shed_reason(), ShedReason::queue_timeout);
}

TEST_F(AQueue, is_full_by_bytes_too) {
  with({.queue_bytes = 100});
  EXPECT_EQ(arrive({.bytes = 60}).answer, Answer::queued);
  EXPECT_EQ(arrive({.bytes = 41}).reason, ShedReason::queue_full);
  EXPECT_EQ(arrive({.bytes = 40}).answer, Answer::queued);
  hand_over();
  EXPECT_EQ(arrive({.bytes = 60}).answer, Answer::queued);
}

TEST_F(AQueue, knows_that_it_would_refuse_before_it_is_asked) {
  with({.queue_size = 1});
  ShedReason reason{};
  EXPECT_FALSE(core->would_refuse({}, reason, now));
  arrivals(1);
  EXPECT_TRUE(core->would_refuse({}, reason, now));
  EXPECT_EQ(reason, ShedReason::queue_full);
}

TEST_F(AQueue, lets_tenants_take_turns) {
  Settings settings;
  settings.classes[0].fair = true;
  with(settings);
  for (int i = 0; i < 3; ++i) arrive({.tenant = 1});
  arrive({.tenant = 2});
  std::vector<int> order;
  for (int i = 0; i < 4; ++i) order.push_back(hand_over());
  EXPECT_THAT(order, ElementsAre(0, 3, 1, 2));
}

TEST_F(AQueue, pushes_out_the_latest_of_the_tenant_with_most_when_it_is_full) {
  Settings settings{.queue_size = 4};
  settings.classes[0].fair = true;
  with(settings);
  for (int i = 0; i < 4; ++i) arrive({.tenant = 1});
  EXPECT_EQ(arrive({.tenant = 2}).answer, Answer::queued);
  EXPECT_EQ(number(core->next_shed()), 3);
  EXPECT_EQ(waiters[3]->shed_reason(), ShedReason::queue_full);
  EXPECT_EQ(arrive({.tenant = 1}).answer, Answer::refused);
}

TEST_F(AQueue, is_emptied_correctly_at_a_hundred_thousand_with_deadlines_in_any_order) {
  with({.queue_size = 200'000, .queue_timeout = 1h});
  std::uint32_t random = 1;
  for (int i = 0; i < 100'000; ++i) {
    random = random * 1664525 + 1013904223;
    arrive({.deadline = TimePoint(2h) + std::chrono::milliseconds(random % 1000)});
  }
  now = TimePoint(2h) + 500ms;
  int count = 0;
  const auto is_cancelled = [](int i) { return i % 3 == 0; };
  for (int i = 0; i < 100'000; i += 3)
    core->cancel(*waiters[static_cast<std::size_t>(i)], TimePoint(1h));
  while (Waiter* waiter = core->shed_expired(now)) {
    EXPECT_FALSE(is_cancelled(number(waiter)));
    ++count;
  }
  EXPECT_EQ(count + core->queued(), 66'666);
  EXPECT_GT(count, 30'000);
}

}  // namespace
}  // namespace sweetspot::admission
