#include "loadgen/compare/difference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "loadgen/compare/report.hpp"
#include "loadgen/compare/result_file.hpp"

namespace sweetspot::loadgen {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

RunResult run(Duration latency, int failures = 0, double relative_ci = 0.02) {
  RunResult result;
  for (int i = 0; i < 1000; ++i) result.outcome.tally.add_response(200, latency + i * 1us);
  for (int i = 0; i < failures; ++i) result.outcome.tally.add_response(500, 1ms);
  result.outcome.measured = 100 * latency;
  result.relative_ci = relative_ci;
  return result;
}

const Difference& of(const std::vector<Difference>& differences, const std::string& figure) {
  return *std::find_if(differences.begin(), differences.end(),
                       [&](const Difference& each) { return each.figure == figure; });
}

TEST(Compare, finds_no_difference_between_a_run_and_itself) {
  for (const auto& each : compare(run(10ms), run(10ms), 0.05)) {
    EXPECT_FALSE(each.is_certain) << each.figure;
    EXPECT_FALSE(each.is_regression);
  }
}

TEST(Compare, tells_a_regression_with_its_interval) {
  const auto differences = compare(run(10ms), run(12ms), 0.05);
  const auto& p50 = of(differences, "p50");
  EXPECT_TRUE(p50.is_regression);
  EXPECT_NEAR(p50.change, 0.19, 0.02);
  EXPECT_LT(p50.low, p50.change);
  EXPECT_GT(p50.high, p50.change);
  EXPECT_TRUE(of(differences, "throughput").is_regression);
}

TEST(Compare, calls_no_improvement_a_regression) {
  for (const auto& each : compare(run(12ms), run(10ms), 0.05)) EXPECT_FALSE(each.is_regression);
}

TEST(Compare, tolerates_what_it_was_told_to) {
  EXPECT_FALSE(of(compare(run(10ms), run(12ms), 0.5), "p50").is_regression);
}

TEST(Compare, is_unsure_of_noisy_rates) {
  EXPECT_FALSE(of(compare(run(10ms, 0, 0.3), run(12ms, 0, 0.3), 0.05), "throughput").is_certain);
}

TEST(Compare, is_unsure_of_quantiles_that_scatter) {
  auto before = run(10ms), after = run(10500us);
  EXPECT_TRUE(of(compare(before, after, 0.05), "p50").is_certain);
  before.scatter.p50 = after.scatter.p50 = 40;
  EXPECT_FALSE(of(compare(before, after, 0.05), "p50").is_certain);
  EXPECT_TRUE(of(compare(before, after, 0.05), "p90").is_certain);
}

TEST(Compare, sees_more_errors) {
  EXPECT_TRUE(of(compare(run(10ms), run(10ms, 200), 0.05), "errors").is_regression);
}

TEST(Compare, sees_that_nothing_succeeds_any_more) {
  RunResult after;
  after.outcome.measured = 1s;
  const auto differences = compare(run(10ms), after, 0.05);
  EXPECT_TRUE(of(differences, "throughput").is_regression);
  EXPECT_EQ(of(differences, "throughput").change, -1);
}

TEST(Compare, says_where_the_load_was_another) {
  auto before = run(10ms), after = run(10ms);
  before.asked = {{"connections", "50"}, {"rate", "none"}, {"body", "none"}};
  after.asked = {{"connections", "100"}, {"rate", "none"}};  // one of them is older
  after.outcome.interrupted = true;
  const auto found = mismatches(before, after);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].what, "connections");
  EXPECT_EQ(found[1].what, "end");
  EXPECT_THAT(format_comparison({}, before, after),
              AllOf(HasSubstr("not the same load"), HasSubstr("connections        50 → 100\n"),
                    HasSubstr("end                as asked → interrupted\n")));
  const auto json = nlohmann::json::parse(format_comparison_json({}, before, after));
  EXPECT_EQ(json["different"][0],
            (nlohmann::json{{"what", "connections"}, {"before", "50"}, {"after", "100"}}));
  EXPECT_THAT(format_comparison({}, before, before), Not(HasSubstr("load")));
}

class ResultFile : public ::testing::Test {
 protected:
  ResultFile() : folder_(::testing::TempDir() + "/result_file_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~ResultFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

 private:
  std::string folder_;
};

TEST_F(ResultFile, brings_back_what_was_written) {
  RunOptions options;
  options.target.url = "http://h/";
  auto before = run(10ms, 3);
  before.outcome.tally.connections = 7;
  before.scatter.p99 = 3.5;
  before.asked = {{"target", "http://h/"}, {"rate", "100/s"}, {"connections", "50"}};
  options.rate = 100;
  before.outcome.tally.sent = 1003;
  before.outcome.tally.dropped = 4;
  before.outcome.tally.uncorrected.record(10ms, 1000);
  const auto read = read_run(write("a.json", format_run_json(before, options)));
  ASSERT_TRUE(read) << read.error;
  EXPECT_EQ(format_run_json((*read).result, (*read).options), format_run_json(before, options));
}

TEST_F(ResultFile, merges_counts_rates_and_histograms) {
  RunOptions options;
  options.target.url = "http://h/";
  auto one = read_run(write("a.json", format_run_json(run(10ms), options)));
  const auto other = read_run(write("b.json", format_run_json(run(30ms, 5), options)));
  merge(*one.value, *other);
  const Summary summary = summarize((*one).result.outcome);
  EXPECT_EQ(summary.requests, 2005u);
  EXPECT_EQ(summary.successes, 2000u);
  EXPECT_NEAR(tuner::milliseconds((*one).result.outcome.tally.successes().quantile(0.9)), 30.8,
              0.5);
  EXPECT_EQ((*one).options.connections, 100);
}

TEST_F(ResultFile, merges_what_was_asked_of_open_loops) {
  RunOptions options{.connections = 10, .rate = 100};
  auto single = run(10ms);
  single.asked = {{"connections", "10"}, {"rate", "100/s"}, {"method", "GET"}};
  single.outcome.tally.sent = 1000;
  single.outcome.tally.uncorrected.record(10ms, 1000);
  const auto other = read_run(write("a.json", format_run_json(single, options)));
  auto one = other;
  merge(*one.value, *other);
  EXPECT_THAT((*one).result.asked,
              ElementsAre(Pair("connections", "20"), Pair("rate", "200/s"), Pair("method", "GET")));
  EXPECT_EQ((*one).options.rate, 200);
  EXPECT_EQ((*one).result.outcome.tally.sent, 2000u);
  EXPECT_EQ((*one).result.outcome.tally.uncorrected.count(), 2000u);
}

TEST_F(ResultFile, knows_of_an_older_one_what_it_tells_elsewhere) {
  auto json = nlohmann::json::parse(format_run_json(run(10ms), {.connections = 7}));
  json.erase("load");
  const auto read = read_run(write("old.json", json.dump()));
  ASSERT_TRUE(read) << read.error;
  EXPECT_THAT((*read).result.asked, Contains(Pair("connections", "7")));
}

TEST_F(ResultFile, refuses_what_is_none) {
  EXPECT_THAT(read_run("/no/such/file").error, ::testing::HasSubstr("/no/such/file"));
  EXPECT_THAT(read_run(write("x", "{}")).error, ::testing::HasSubstr("not a result"));
  EXPECT_THAT(read_run(write("y", "{\"schema\": \"sweetspot-load/run/1\"}")).error,
              ::testing::HasSubstr("not a result"));
}

}  // namespace
}  // namespace sweetspot::loadgen
