#include "service/admission/limiter.hpp"

#include <gmock/gmock.h>

#include <vector>

#include "tests/service/admission/recording_waiter.hpp"

namespace sweetspot::admission {
namespace {

using namespace std::chrono_literals;
using Answer = Limiter::Answer;

constexpr TimePoint start{1h};

// Of limit 2, with a queue of 3.
struct ALimiter : testing::Test {
  Limiter limiter{Settings{.queue_size = 3, .queue_timeout = 5s}, 2, start};
  RecordingWaiter nobody;

  Permit take(TimePoint now = start) {
    auto acquired = limiter.acquire(nobody, now);
    EXPECT_EQ(acquired.answer, Answer::granted);
    return std::move(acquired.permit);
  }
  void queue(RecordingWaiter& waiter, TimePoint now = start) {
    EXPECT_EQ(limiter.acquire(waiter, now).answer, Answer::queued);
  }
};

TEST_F(ALimiter, grants_up_to_the_limit_then_queues_then_refuses) {
  auto a = take(), b = take();
  RecordingWaiter first, second, third, fourth;
  queue(first), queue(second), queue(third);

  const auto refused = limiter.acquire(fourth, start);

  EXPECT_EQ(refused.answer, Answer::refused);
  EXPECT_EQ(refused.reason, ShedReason::queue_full);
  EXPECT_EQ(limiter.in_flight(), 2);
  EXPECT_EQ(limiter.queued(), 3);
  for (auto* waiter : {&first, &second, &third}) limiter.cancel(*waiter, start);
}

TEST_F(ALimiter, hands_a_returned_permit_to_the_longest_waiting) {
  auto a = take(), b = take();
  RecordingWaiter first, second;
  queue(first), queue(second);

  a.release(start + 1s);

  EXPECT_TRUE(first.permit);
  EXPECT_EQ(first.permit.granted_at(), start + 1s);
  EXPECT_FALSE(second.permit);
  EXPECT_EQ(limiter.in_flight(), 2);
  limiter.cancel(second, start);
}

TEST_F(ALimiter, grants_waiters_in_order_when_the_limit_rises) {
  auto a = take(), b = take();
  RecordingWaiter first, second, third;
  std::vector<int> order;
  first.on_granted = [&] { order.push_back(1); };
  second.on_granted = [&] { order.push_back(2); };
  third.on_granted = [&] { order.push_back(3); };
  queue(first), queue(second), queue(third);

  limiter.set_limit(4, start);

  EXPECT_THAT(order, testing::ElementsAre(1, 2));
  EXPECT_EQ(limiter.in_flight(), 4);
  limiter.cancel(third, start);
}

TEST_F(ALimiter, revokes_nothing_when_the_limit_falls) {
  auto a = take(), b = take();
  RecordingWaiter waiter;
  queue(waiter);

  limiter.set_limit(1, start);
  a.release(start);
  EXPECT_FALSE(waiter.permit);
  EXPECT_EQ(limiter.in_flight(), 1);

  b.release(start);
  EXPECT_TRUE(waiter.permit);
}

TEST_F(ALimiter, raises_the_epoch_only_where_the_limit_changes) {
  auto before = take();
  limiter.set_limit(2, start);
  EXPECT_EQ(limiter.epoch(), before.epoch());

  limiter.set_limit(3, start);

  EXPECT_NE(limiter.epoch(), before.epoch());
  EXPECT_EQ(take().epoch(), limiter.epoch());
}

TEST_F(ALimiter, never_goes_below_a_limit_of_one) {
  limiter.set_limit(0, start);
  EXPECT_EQ(limiter.limit(), 1);
}

TEST_F(ALimiter, sheds_those_who_waited_past_the_timeout) {
  auto a = take(), b = take();
  RecordingWaiter old, young;
  queue(old, start), queue(young, start + 3s);

  limiter.expire(start + 5s);

  EXPECT_EQ(old.reason, ShedReason::queue_timeout);
  EXPECT_EQ(young.calls, 0);
  EXPECT_EQ(limiter.queued(), 1);
  limiter.cancel(young, start);
}

TEST_F(ALimiter, tells_a_cancelled_waiter_nothing) {
  auto a = take(), b = take();
  RecordingWaiter gone, next;
  queue(gone), queue(next);

  EXPECT_TRUE(limiter.cancel(gone, start));
  a.release(start);
  limiter.expire(start + 10s);

  EXPECT_EQ(gone.calls, 0);
  EXPECT_TRUE(next.permit);
  EXPECT_FALSE(limiter.cancel(next, start));
}

TEST_F(ALimiter, queues_nobody_anew_while_draining_but_serves_those_who_wait) {
  auto a = take(), b = take();
  RecordingWaiter waiting, late;
  queue(waiting);

  limiter.drain();
  const auto refused = limiter.acquire(late, start);
  a.release(start);

  EXPECT_EQ(refused.answer, Answer::refused);
  EXPECT_EQ(refused.reason, ShedReason::draining);
  EXPECT_TRUE(waiting.permit);
}

TEST_F(ALimiter, returns_a_permit_that_is_dropped_or_overwritten) {
  {
    auto dropped = take();
    auto overwritten = take();
    overwritten = std::move(dropped);
    EXPECT_EQ(limiter.in_flight(), 1);
  }
  EXPECT_EQ(limiter.in_flight(), 0);
}

TEST_F(ALimiter, releases_a_permit_once) {
  auto a = take(), b = take();
  a.release(start);
  a.release(start);
  EXPECT_EQ(limiter.in_flight(), 1);
}

TEST_F(ALimiter, lets_a_waiter_release_within_its_own_grant) {
  auto a = take(), b = take();
  RecordingWaiter first, second;
  first.on_granted = [&] { first.permit.release(start); };
  queue(first), queue(second);

  a.release(start);

  EXPECT_TRUE(second.permit);
  EXPECT_EQ(limiter.in_flight(), 2);
}

TEST_F(ALimiter, integrates_in_flight_queue_and_time_at_the_limit) {
  auto a = take(start);
  auto b = take(start + 1s);  // at the limit from here
  RecordingWaiter waiter;
  queue(waiter, start + 2s);
  b.release(start + 4s);  // handed over
  a.release(start + 5s);  // below it from here

  const auto reading = limiter.read(start + 6s);

  EXPECT_DOUBLE_EQ(reading.in_flight_seconds, 1 + 2 * 4 + 1);
  EXPECT_DOUBLE_EQ(reading.queued_seconds, 2);
  EXPECT_EQ(reading.at_limit, 4s);
  EXPECT_EQ(reading.granted, 3u);
}

TEST_F(ALimiter, leaves_stalled_permits_out_of_the_integral) {
  auto a = take(start), b = take(start);
  a.set_stalled(true, start + 1s);
  a.set_stalled(true, start + 2s);
  a.set_stalled(false, start + 3s);
  a.set_stalled(true, start + 4s);
  a.release(start + 5s);

  EXPECT_DOUBLE_EQ(limiter.read(start + 6s).in_flight_seconds, 2 + 1 * 2 + 2 + 1 + 1);
  EXPECT_EQ(limiter.read(start + 6s).stalled, 0);
}

TEST_F(ALimiter, is_not_confused_by_a_clock_read_before_the_last_transition) {
  auto a = take(start + 2s);
  auto b = take(start + 1s);
  EXPECT_DOUBLE_EQ(limiter.read(start + 3s).in_flight_seconds, 2);
}

TEST_F(ALimiter, tells_how_full_the_queue_is_by_size_or_by_age) {
  auto a = take(), b = take();
  RecordingWaiter first, second;
  EXPECT_DOUBLE_EQ(limiter.read(start).queue_fill, 0);
  queue(first);
  EXPECT_DOUBLE_EQ(limiter.read(start + 1s).queue_fill, 1.0 / 3);
  EXPECT_DOUBLE_EQ(limiter.read(start + 4s).queue_fill, 0.8);
  queue(second, start + 4s);
  EXPECT_DOUBLE_EQ(limiter.read(start + 9s).queue_fill, 1);
  for (auto* waiter : {&first, &second}) limiter.cancel(*waiter, start);
}

TEST_F(ALimiter, holds_nothing_in_shadow_mode_and_counts_what_would_have_been) {
  limiter.set_mode(Mode::shadow, start);
  std::vector<Permit> permits;
  for (int i = 0; i < 7; ++i) permits.push_back(take());

  const auto reading = limiter.read(start);

  EXPECT_EQ(reading.in_flight, 7);
  EXPECT_EQ(reading.would_queue, 3u);
  EXPECT_EQ(reading.would_shed, 2u);
}

TEST_F(ALimiter, grants_all_who_wait_when_it_is_switched_off) {
  auto a = take(), b = take();
  RecordingWaiter first, second;
  queue(first), queue(second);

  limiter.set_mode(Mode::off, start);

  EXPECT_TRUE(first.permit && second.permit);
  EXPECT_EQ(limiter.in_flight(), 4);
}

TEST_F(ALimiter, grants_nobody_above_the_limit_after_it_is_switched_on_again) {
  limiter.set_mode(Mode::off, start);
  auto a = take(), b = take(), c = take();
  limiter.set_mode(Mode::enforce, start);
  RecordingWaiter waiter;
  queue(waiter);

  a.release(start);
  EXPECT_FALSE(waiter.permit);
  b.release(start);
  EXPECT_TRUE(waiter.permit);
}

TEST_F(ALimiter, takes_another_queue_while_somebody_waits) {
  auto a = take(), b = take();
  RecordingWaiter first, second, third;
  queue(first), queue(second);

  limiter.reconfigure({.queue_size = 1, .queue_timeout = 2s}, start);
  EXPECT_EQ(limiter.queued(), 2);  // a smaller one sends nobody away
  EXPECT_EQ(limiter.would_refuse({}, start), ShedReason::queue_full);
  EXPECT_EQ(limiter.acquire(third, start).answer, Answer::refused);
  EXPECT_EQ(limiter.settings()->queue_size, 1u);

  limiter.reconfigure({.queue_size = 3, .queue_timeout = 2s, .discipline = Discipline::lifo},
                      start + 1s);
  queue(third, start + 1s);
  a.release(start + 1s);
  EXPECT_TRUE(third.permit);
  limiter.expire(start + 2s);  // the shorter timeout holds for who waited before it
  EXPECT_EQ(first.reason, ShedReason::queue_timeout);
  EXPECT_EQ(second.reason, ShedReason::queue_timeout);
  third.permit.release(start + 2s);
}

TEST(ShedReason, has_the_names_of_the_interface) {
  EXPECT_EQ(to_string(ShedReason::queue_full), "queue_full");
  EXPECT_EQ(to_string(ShedReason::queue_timeout), "queue_timeout");
  EXPECT_EQ(to_string(ShedReason::deadline), "deadline");
  EXPECT_EQ(to_string(ShedReason::codel), "codel");
  EXPECT_EQ(to_string(ShedReason::draining), "draining");
}

}  // namespace
}  // namespace sweetspot::admission
