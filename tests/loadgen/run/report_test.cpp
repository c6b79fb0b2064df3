#include "loadgen/run/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

engine::Outcome some_outcome() {
  engine::Outcome outcome;
  for (int i = 0; i < 90; ++i) outcome.tally.add_response(200, 10ms);
  for (int i = 0; i < 10; ++i) outcome.tally.add_response(201, 30ms);
  outcome.tally.add_response(503, 1ms);
  outcome.tally.add_error(engine::Error::timeout, 20s);
  outcome.measured = 2s;
  return outcome;
}

std::string report(Output output, const engine::Outcome& outcome = some_outcome()) {
  RunOptions options;
  options.target.url = "http://host/";
  options.output = output;
  return format_run({outcome, 0.02, {}}, options);
}

TEST(RunReport, has_the_promised_keys_in_json) {
  const auto json = nlohmann::json::parse(report(Output::json));
  EXPECT_EQ(json["requests"], 102);
  EXPECT_EQ(json["throughput"], 50.0);  // 100 successes in 2 s
  EXPECT_NEAR(json["mean_ms"], 12, 0.001);
  EXPECT_NEAR(json["p50_ms"], 10, 0.1);
  EXPECT_NEAR(json["p90_ms"], 10, 0.1);
  EXPECT_NEAR(json["p99_ms"], 30, 0.3);
  EXPECT_EQ(json["duration_s"], 2.0);
  EXPECT_EQ(json["status"], (nlohmann::json{{"200", 90}, {"201", 10}, {"503", 1}}));
  EXPECT_EQ(
      json["errors"],
      (nlohmann::json{{"connect", 0}, {"tls", 0}, {"reset", 0}, {"timeout", 1}, {"protocol", 0}}));
}

TEST(RunReport, waiting_for_a_connection_is_not_in_flight) {
  engine::Outcome outcome;
  for (int i = 0; i < 100; ++i) outcome.tally.add_response(200, 500ms, 20ms);
  outcome.measured = 2s;
  EXPECT_EQ(nlohmann::json::parse(report(Output::json, outcome))["in_flight"], 1.0);
}

TEST(RunReport, has_the_share_of_what_was_due_and_not_sent) {
  engine::Outcome outcome = some_outcome();
  EXPECT_FALSE(figures_of(outcome).contains("unsent"));
  outcome.tally.sent = 150;
  outcome.tally.dropped = 20;
  outcome.tally.unsent = 30;
  EXPECT_EQ(figures_of(outcome)["unsent"], 0.25);
}

TEST(RunReport, counts_what_hung_as_errors_and_in_no_latency) {
  engine::Outcome outcome = some_outcome();  // 100 successes, 1 refusal, 1 timeout after 20 s
  outcome.tally.unanswered.record(30s, 2);   // might have been as slow
  outcome.tally.unanswered.record(60s, 102);
  EXPECT_EQ(summarize(outcome).hung, 102u);
  EXPECT_EQ(summarize(outcome).requests, 102u);
  EXPECT_DOUBLE_EQ(figures_of(outcome)["errors"], 104.0 / 204);
  EXPECT_LT(figures_of(outcome)["max"], 0.1);
  const auto json = nlohmann::json::parse(report(Output::json, outcome));
  EXPECT_EQ(json["hung"], 102);
  EXPECT_EQ(json["unanswered"]["count"], 104);
  EXPECT_THAT(report(Output::text, outcome),
              HasSubstr("unanswered        104  no answer at the end, after up to 60"));
}

TEST(RunReport, shows_its_doubts_and_what_the_process_spent) {
  RunOptions options;
  RunResult result{.outcome = some_outcome()};
  EXPECT_THAT(format_run(result, options), ::testing::Not(HasSubstr("doubts")));
  result.doubts = {{"rate", "it was not reached"}};
  result.target = TargetUse{.threads = 12, .resident_bytes = 3 << 20, .cpu = 0.5};
  EXPECT_THAT(format_run(result, options),
              HasSubstr("doubts\n  rate         it was not reached\n"));
  EXPECT_THAT(format_run(result, options), HasSubstr("12 threads, 0.50 CPUs, 3.0 MiB"));
  options.output = Output::json;
  const auto json = nlohmann::json::parse(format_run(result, options));
  EXPECT_EQ(json["target"]["threads"], 12);
  EXPECT_EQ(json["doubts"][0]["reason"], "rate");
}

TEST(RunReport, tells_connecting_and_the_first_byte_apart) {
  engine::Outcome outcome = some_outcome();
  EXPECT_THAT(report(Output::text, outcome), ::testing::Not(HasSubstr("to connect")));
  outcome.tally.connect_times.record(2ms, 4);
  outcome.tally.first_bytes.record(9ms, 100);
  EXPECT_THAT(report(Output::text, outcome), HasSubstr("to first byte            100"));
  const auto parts = nlohmann::json::parse(report(Output::json, outcome))["parts"];
  EXPECT_EQ(parts["connect"]["count"], 4);
  EXPECT_NEAR(parts["first_byte"]["p99_ms"], 9, 0.1);
}

TEST(RunReport, says_why_there_was_no_success) {
  engine::Tally tally;
  EXPECT_THAT(why_no_success(tally), ::testing::HasSubstr("no request came to its end"));
  tally.add_error(engine::Error::connect, {}, "Connection refused");
  tally.add_response(503, {});
  EXPECT_EQ(why_no_success(tally),
            "there was no success: 1 times connect (Connection refused) 1 answers that say no");
}

TEST(RunReport, is_valid_without_a_single_request) {
  const auto json = nlohmann::json::parse(report(Output::json, {}));
  EXPECT_EQ(json["requests"], 0);
  EXPECT_EQ(json["throughput"], 0.0);
  EXPECT_EQ(json["p99_ms"], 0.0);
}

TEST(RunReport, has_a_head_and_one_row_in_csv) {
  const std::string csv = report(Output::csv);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
  std::istringstream lines(csv);
  std::string head, row;
  std::getline(lines, head);
  std::getline(lines, row);
  EXPECT_EQ(std::count(head.begin(), head.end(), ','), std::count(row.begin(), row.end(), ','));
}

TEST(RunReport, names_in_text_what_happened) {
  const std::string text = report(Output::text);
  EXPECT_THAT(text, HasSubstr("50.0 successes/s"));
  EXPECT_THAT(text, HasSubstr("timeout"));
}

}  // namespace
}  // namespace sweetspot::loadgen
