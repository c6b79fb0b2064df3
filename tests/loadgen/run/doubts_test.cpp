#include "loadgen/run/doubts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Four clients, ten seconds, a tenth of a second a request.
engine::Outcome busy_clients(int requests = 400) {
  engine::Outcome outcome;
  for (int i = 0; i < requests; ++i) outcome.tally.add_response(200, 100ms);
  outcome.tally.connections = 4;
  outcome.measured = 10s;
  return outcome;
}

engine::Outcome open_loop(std::uint64_t sent, std::uint64_t late, std::uint64_t dropped,
                          std::uint64_t unsent) {
  engine::Outcome outcome = busy_clients();
  outcome.tally.sent = sent;
  outcome.tally.late = late;
  outcome.tally.dropped = dropped;
  outcome.tally.unsent = unsent;
  return outcome;
}

std::vector<std::string> reasons(const engine::Outcome& outcome, const RunOptions& options) {
  std::vector<std::string> found;
  for (const Doubt& doubt : doubts_of(outcome, options)) found.push_back(doubt.reason);
  return found;
}

const RunOptions closed{.connections = 4};
const RunOptions open{.connections = 4, .rate = 40};

TEST(Doubts, none_where_all_clients_were_at_work) {
  EXPECT_THAT(reasons(busy_clients(), closed), IsEmpty());
}

TEST(Doubts, none_of_a_run_that_brought_nothing) {
  engine::Outcome outcome;
  EXPECT_THAT(reasons(outcome, closed), IsEmpty());
  outcome.measured = 1s;
  outcome.tally.add_error(engine::Error::connect, 1ms);
  EXPECT_THAT(reasons(outcome, closed), IsEmpty());
}

TEST(Doubts, of_clients_that_nobody_served_say_what_may_help) {
  auto outcome = busy_clients();
  outcome.tally.connections = 3;
  RunOptions options = closed;
  EXPECT_THAT(doubts_of(outcome, options).front().sentence, HasSubstr("--no-keepalive"));
  options.target.keep_alive = false;
  EXPECT_THAT(doubts_of(outcome, options).front().sentence, Not(HasSubstr("--no-keepalive")));
}

TEST(Doubts, of_clients_that_rest_say_why) {
  auto outcome = busy_clients(300);
  EXPECT_THAT(doubts_of(outcome, closed).front().sentence, Not(HasSubstr("rest")));
  outcome.tally.add_error(engine::Error::connect, 1ms);
  EXPECT_THAT(doubts_of(outcome, closed).front().sentence,
              HasSubstr("since they rest where they cannot connect"));
}

TEST(Doubts, of_requests_that_hung_until_the_end) {
  auto outcome = busy_clients(200);  // then nothing more for five seconds
  outcome.tally.unanswered.record(6s, 4);
  EXPECT_THAT(reasons(outcome, closed), ElementsAre("hung"));
  EXPECT_THAT(doubts_of(outcome, closed).front().sentence,
              HasSubstr("4 requests had no answer at the end, after up to 6.0 s"));
  outcome = open_loop(404, 0, 0, 0);
  outcome.tally.unanswered.record(6s, 4);
  EXPECT_THAT(reasons(outcome, open), ElementsAre("hung"));
  EXPECT_THAT(reasons(outcome, {.connections = 4, .stages = {{10s, 4}}}), ElementsAre("hung"));
}

TEST(Doubts, none_of_answers_that_the_end_cut_off) {
  auto outcome = busy_clients();
  outcome.tally.unanswered.record(190ms, 4);  // interrupted, so that there was no drain
  EXPECT_THAT(reasons(outcome, closed), IsEmpty());
  outcome.tally.add_response(200, 5s);  // so slow an answer may be expected
  outcome.tally.unanswered.record(6s, 4);
  EXPECT_THAT(reasons(outcome, closed), Not(Contains("hung")));
}

TEST(Doubts, none_of_one_in_thousands_that_hung) {
  auto outcome = open_loop(4001, 0, 0, 0);
  for (int i = 0; i < 3600; ++i) outcome.tally.add_response(200, 100ms);
  outcome.tally.unanswered.record(6s, 1);
  EXPECT_THAT(reasons(outcome, open), IsEmpty());
}

TEST(Doubts, of_a_tool_that_wants_the_whole_of_a_cpu) {
  auto outcome = busy_clients();
  outcome.client_load = 0.9;
  EXPECT_THAT(reasons(outcome, closed), ElementsAre("client_cpu"));
}

TEST(Doubts, none_of_an_open_loop_that_stays_awake_and_is_in_time) {
  auto outcome = open_loop(400, 4, 0, 1);
  outcome.client_load = 1;
  EXPECT_THAT(reasons(outcome, open), IsEmpty());
}

TEST(Doubts, of_an_open_loop_that_is_late_by_itself) {
  EXPECT_THAT(reasons(open_loop(400, 5, 0, 0), open), ElementsAre("late"));
}

TEST(Doubts, of_a_rate_that_was_not_reached) {
  EXPECT_THAT(reasons(open_loop(400, 0, 3, 2), open), ElementsAre("rate"));
}

TEST(Doubts, none_of_a_few_in_a_short_run) {
  EXPECT_THAT(reasons(open_loop(50, 4, 2, 2), open), IsEmpty());
}

TEST(Doubts, of_clients_without_a_response) {
  auto outcome = busy_clients();
  outcome.tally.connections = 3;
  EXPECT_THAT(reasons(outcome, closed), ElementsAre("connections"));
}

TEST(Doubts, of_clients_that_were_idle_half_of_the_time) {
  EXPECT_THAT(reasons(busy_clients(200), closed), ElementsAre("in_flight"));
}

TEST(Doubts, requests_that_failed_kept_their_clients_busy) {
  auto outcome = busy_clients(200);
  for (int i = 0; i < 100; ++i) outcome.tally.add_error(engine::Error::timeout, 200ms);
  EXPECT_THAT(reasons(outcome, closed), IsEmpty());
}

TEST(Doubts, none_of_clients_that_come_and_go_or_wait_as_they_are_told) {
  RunOptions staged = closed, polite = closed;
  staged.stages = {{5s, 4}, {5s, 0}};
  polite.honours_retry_after = true;
  EXPECT_THAT(reasons(busy_clients(200), staged), IsEmpty());
  EXPECT_THAT(reasons(busy_clients(200), polite), IsEmpty());
}

}  // namespace
}  // namespace sweetspot::loadgen
